#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The wall clock, in seconds since 1970.
enum WallClock {
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
  }
}
