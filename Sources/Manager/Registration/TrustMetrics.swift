import Telemetry

/// What is counted of joining, of refused requests and of keys. Nothing here knows one agent from another.
final class TrustMetrics: Sendable {
  /// How an attempt to enrol ended.
  enum Enrollment: String, Sendable, CaseIterable {
    case joined, again, waiting, invalid
    case wrongToken = "wrong_token"
    case expired
    case usedUp = "used_up"
    case revoked, denied, limited
  }

  /// What an agent asked for that is not its own.
  enum Refusal: String, Sendable, CaseIterable {
    /// A blob that other clusters have.
    case foreignBlob = "foreign_blob"
    /// A blob that nobody has.
    case unknownBlob = "unknown_blob"
    /// A status of a deployment that the cluster has not.
    case foreignStatus = "foreign_status"
    /// A key that is another cluster's.
    case foreignKey = "foreign_key"
  }

  let duplicates = Counter()
  let rotations = Counter()
  let enrollments = Dictionary(uniqueKeysWithValues: Enrollment.allCases.map { ($0, Counter()) })
  let refusals = Dictionary(uniqueKeysWithValues: Refusal.allCases.map { ($0, Counter()) })

  /// Counts an attempt to enrol.
  func count(_ outcome: Enrollment) { enrollments[outcome]?.add() }

  /// Counts a refused request.
  func count(_ refusal: Refusal) { refusals[refusal]?.add() }

  /// The families.
  var families: [MetricFamily] {
    var joins = MetricFamily("flotilla_enrollments_total", .counter, "Attempts to enrol, by how they ended.")
    for outcome in Enrollment.allCases {
      joins.add(Double(enrollments[outcome]?.value ?? 0), labels: [("result", outcome.rawValue)])
    }
    var refused = MetricFamily(
      "flotilla_unauthorized_total", .counter, "What enrolled agents asked for or said that is not theirs, by kind.")
    for refusal in Refusal.allCases {
      refused.add(Double(refusals[refusal]?.value ?? 0), labels: [("kind", refusal.rawValue)])
    }
    return [
      joins, refused,
      MetricFamily(
        counter: "flotilla_duplicate_agents_total", "How often two agents with one key were found.",
        value: duplicates.value),
      MetricFamily(counter: "flotilla_key_rotations_total", "Agents' keys that were changed.", value: rotations.value),
    ]
  }
}
