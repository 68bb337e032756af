import CHelm
import Document
import Synchronization

/// Keeps cluster configurations for reuse: making one costs a round of discovery.
///
/// A configuration is used by one operation at a time, since operations fill its caches without locking.
final class ConfigurationPool: Sendable {
  private struct Key: Hashable {
    let connection: ClusterConnection
    let namespace: String
  }

  private struct Kept {
    let key: Key
    let handle: chelm_handle
    let made: ContinuousClock.Instant
  }

  private let library: HelmLibrary
  private let kept = Mutex<[Kept]>([])

  init(library: HelmLibrary) {
    self.library = library
  }

  deinit {
    for configuration in kept.withLock({ $0 }) { library.release(configuration.handle) }
  }

  /// Lends a configuration of one namespace's releases to `body`. Throws `HelmError` when the kubeconfig is unusable.
  func with<Result>(
    _ connection: ClusterConnection, namespace: String, _ body: (chelm_handle) throws -> Result
  ) throws -> Result {
    let configuration = try take(Key(connection: connection, namespace: namespace))
    do {
      let result = try body(configuration.handle)
      put(configuration)
      return result
    } catch {
      // What failed may have been what the configuration remembered.
      library.release(configuration.handle)
      throw error
    }
  }

  private func take(_ key: Key) throws -> Kept {
    let now = ContinuousClock.now
    let (found, stale) = kept.withLock { kept in
      let stale = kept.filter { now - $0.made > .seconds(Limits.keptConfigurationSeconds) }
      kept.removeAll { now - $0.made > .seconds(Limits.keptConfigurationSeconds) }
      let index = kept.lastIndex { $0.key == key }
      return (index.map { kept.remove(at: $0) }, stale)
    }
    for configuration in stale { library.release(configuration.handle) }
    if let found { return found }
    let options = JSON.string(key.connection.options(namespace: key.namespace))
    let handle = try library.handle("connecting to the cluster") { chelm_configuration($0, options) }
    return Kept(key: key, handle: handle, made: now)
  }

  private func put(_ configuration: Kept) {
    let surplus = kept.withLock { kept in
      kept.append(configuration)
      return kept.count > Limits.keptConfigurations ? kept.removeFirst() : nil
    }
    if let surplus { library.release(surplus.handle) }
  }
}
