/// When a request that the server did not take is tried again: a pure decision.
struct RetryPolicy {
  var attempts: Int
  var longest: Duration

  /// How long to wait before the next try; nil gives up.
  ///
  /// Only 429 and 503 are tried again: with them the server says that it did not do the work. Without a Retry-After header the
  /// wait doubles from 250 ms on.
  func delay(status: Int, retryAfter: Duration?, attempt: Int) -> Duration? {
    guard status == 429 || status == 503, attempt < attempts else { return nil }
    return min(retryAfter ?? .milliseconds(250 << min(attempt - 1, 10)), longest)
  }
}
