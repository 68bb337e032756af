import Store
import Wire

/// The methods that agents call.
struct BusHandlers: Sendable {
  let enrollment: EnrollmentService
  let hub: SessionHub
  let store: any Store

  /// Every method with who may call it.
  var handlers: RPCHandlers {
    var handlers = RPCHandlers()
    handlers.unary(Wire.Enrollment.enroll, access: .anyone) { request, context in
      try await enrollment.enroll(request, key: context.peer)
    }
    handlers.stream(Delivery.session) { stream, context in
      try await hub.serve(stream, context: context)
    }
    let content = ContentService(store: store) { try await hub.mayFetch($0, $1) }
    handlers.stream(Content.fetch) { stream, context in
      try await content.fetch(stream, context: context)
    }
    return handlers
  }
}
