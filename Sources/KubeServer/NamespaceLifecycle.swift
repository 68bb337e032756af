import Document
import Logging

/// Namespaces' beginnings and ends: objects are made in existing namespaces only, and a namespace goes when everything
/// in it has gone.
final class NamespaceLifecycle: Sendable {
  private let registry: Registry
  private let configuration: KubeServerConfiguration
  private let logger: Logger
  /// Wakes the janitor; one waiting signal is enough however many namespaces were deleted.
  private let signals: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  private static let shortestPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(2)

  /// Seconds since 1970.
  var clock: @Sendable () -> Int64 { configuration.now }

  init(registry: Registry, configuration: KubeServerConfiguration, logger: Logger) {
    self.registry = registry
    self.configuration = configuration
    self.logger = logger
    (signals, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Throws unless objects may be made in the namespace: `notFound` if it is not there, `forbidden` if it is going.
  func checkCreation(in namespace: String, of kind: ResourceKind, object: Value) async throws {
    if let exists = configuration.namespaceExists {
      guard try await exists(namespace) else { throw Self.missing(namespace) }
      return
    }
    guard let served = registry.namespaces else { return }
    guard let found = try await served.storage.get(namespace: nil, name: namespace) else {
      throw Self.missing(namespace)
    }
    guard found.at("metadata", "deletionTimestamp")?.string == nil else {
      throw KubeError.forbidden(
        kind, name: object.at("metadata", "name")?.string ?? "",
        "unable to create new content in namespace \(namespace) because it is being terminated")
    }
  }

  private static func missing(_ namespace: String) -> KubeError {
    KubeError.notFound(CoreKinds.namespace, name: namespace)
  }

  /// Makes the namespaces that have to be there from the start.
  func makeInitial() async throws {
    guard let served = registry.namespaces else { return }
    for name in configuration.initialNamespaces {
      guard try await served.storage.get(namespace: nil, name: name) == nil else { continue }
      let context = WriteContext.random(fieldManager: "kubeserver", now: configuration.now())
      let object: Value = ["metadata": ["name": .string(name)]]
      let admitted = try served.rules.create(object, namespace: nil, context: context)
      do { _ = try await served.storage.create(admitted.object) } catch let error as KubeError
        where error.code == .alreadyExists
      {
        continue
      }
    }
  }

  /// Marks a namespace as going and leaves the rest to the janitor.
  func terminate(_ namespace: Value, dryRun: Bool) async throws -> Value {
    guard let served = registry.namespaces else { throw KubeError.methodNotAllowed() }
    let name = namespace.at("metadata", "name")?.string ?? ""
    guard !configuration.initialNamespaces.contains(name) else {
      throw KubeError.forbidden(served.kind, name: name, "this namespace may not be deleted")
    }
    if namespace.at("metadata", "deletionTimestamp")?.string != nil {
      wake.yield()
      return namespace
    }
    var marked = namespace
    marked.set(.string(Timestamp(seconds: configuration.now()).description), at: "metadata", "deletionTimestamp")
    marked.set("Terminating", at: "status", "phase")
    if dryRun { return marked }
    let stored = try await served.storage.update(marked)
    wake.yield()
    return stored
  }

  /// Removes the contents of namespaces that are going, and then themselves, until cancelled. Begins with those that an
  /// earlier run left half-way.
  func runJanitor() async throws {
    guard let served = registry.namespaces else { return }
    wake.yield()
    var pause = Self.shortestPause
    for await _ in signals {
      var unfinished = false
      var token: String?
      repeat {
        let page = try await served.storage.list(namespace: nil, limit: Limits.pageObjects, continue: token)
        for namespace in page.items where namespace.at("metadata", "deletionTimestamp")?.string != nil {
          do { unfinished = try await !clear(namespace, served) || unfinished } catch {
            unfinished = true
            logger.warning(
              "a namespace cannot be removed yet",
              metadata: ["namespace": "\(namespace.at("metadata", "name")?.string ?? "")", "error": "\(error)"])
          }
        }
        token = page.continue
      } while token != nil
      // Finalizers are somebody else's to remove; looking again is cheap, ever more seldom.
      if unfinished {
        try await Task.sleep(for: pause)
        pause = min(pause * 2, Self.longestPause)
        wake.yield()
      } else {
        pause = Self.shortestPause
      }
    }
  }

  /// Deletes what is in a namespace; true if nothing is left and the namespace itself is gone.
  private func clear(_ namespace: Value, _ served: ServedKind) async throws -> Bool {
    let name = namespace.at("metadata", "name")?.string ?? ""
    try await configuration.onNamespaceDeleted(name)
    var empty = true
    for content in registry.kinds where content.kind.namespaced {
      empty = try await clear(name, of: content) && empty
    }
    guard empty, (namespace.at("metadata", "finalizers")?.array ?? []).isEmpty else { return false }
    do { _ = try await served.storage.delete(namespace: nil, name: name, resourceVersion: nil) } catch let error
      as KubeError where error.code == .notFound
    {
      return true
    }
    return true
  }

  private func clear(_ namespace: String, of content: ServedKind) async throws -> Bool {
    var empty = true
    var token: String?
    repeat {
      let page = try await content.storage.list(namespace: namespace, limit: Limits.pageObjects, continue: token)
      for object in page.items {
        guard let name = object.at("metadata", "name")?.string else { continue }
        if (object.at("metadata", "finalizers")?.array ?? []).isEmpty {
          do { _ = try await content.storage.delete(namespace: namespace, name: name, resourceVersion: nil) } catch let
            error as KubeError where error.code == .notFound
          {
            continue
          }
        } else {
          empty = false
          guard object.at("metadata", "deletionTimestamp")?.string == nil else { continue }
          var marked = object
          marked.set(.string(Timestamp(seconds: configuration.now()).description), at: "metadata", "deletionTimestamp")
          _ = try await content.storage.update(marked)
        }
      }
      token = page.continue
    } while token != nil
    return empty
  }
}
