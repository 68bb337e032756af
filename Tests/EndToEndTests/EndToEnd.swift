import Testing

/// Tests of the whole house through its doors: the executable, kubectl, git and real API servers. One after another, since
/// they share the clusters.
@Suite("End to end", .serialized, .timeLimit(.minutes(15)))
struct EndToEnd {}
