import TestSupport
import Testing

/// Suites whose tests leave each other alone: they share one control plane, and run side by side. Each test has namespaces of its
/// own, and none restarts the API server.
@Suite("On one real API server", .controlPlane, .timeLimit(.minutes(5)))
struct SharedClusterTests {}
