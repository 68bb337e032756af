import Manager
import ServiceLifecycle
enum LocalAgent {
  static func make(manager: Manager, kubeconfig: String, dataDirectory: String) async throws -> any Service { fatalError() }
}
