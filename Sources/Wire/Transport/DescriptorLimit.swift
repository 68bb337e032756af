import Glibc

/// The process' limit on open files. libzmq's accept spins when it is reached, so it must never be.
public enum DescriptorLimit {
  /// Descriptors that a process needs beside the bus: databases, logs, other servers' connections.
  static let reserve = 512

  /// Raises the soft limit to the hard one; returns how many connections fit.
  public static func raise() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return .max }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      setrlimit(resource, &limit)
      getrlimit(resource, &limit)
    }
    return max(1, Int(clamping: limit.rlim_cur) - reserve)
  }
}
