import Logging
import Store
import Wire

/// The methods that agents call.
struct BusHandlers: Sendable {
  let enrollment: EnrollmentService
  let hub: SessionHub
  let store: any Store
  let keys: KeyService
  let metrics: TrustMetrics
  let logger: Logger

  /// Every method with who may call it.
  var handlers: RPCHandlers {
    var handlers = RPCHandlers()
    handlers.unary(Wire.Enrollment.enroll, access: .anyone) { request, context in
      try await enrollment.enroll(request, context: context)
    }
    handlers.stream(Delivery.session) { stream, context in
      try await hub.serve(stream, context: context)
    }
    handlers.unary(Keys.announce) { try await keys.announce($0, context: $1) }
    handlers.unary(Keys.activate) { try await keys.activate($0, context: $1) }
    handlers.unary(Keys.nextManagerKey) { try await keys.noteManagerKey($0, context: $1) }
    let content = ContentService(
      store: store, mayFetch: { try await hub.mayFetch($0, $1) }, metrics: metrics, logger: logger,
      recent: hub.blobs)
    handlers.streamWithLast(Content.fetch) { stream, context in
      try await content.fetch(stream, context: context)
    }
    return handlers
  }
}
