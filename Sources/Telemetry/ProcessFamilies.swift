import Glibc

/// What the system says of this process, under the names that Prometheus' own libraries use.
public enum ProcessFamilies {
  /// Processor time, memory, descriptors and start. What the system does not tell is left out.
  public static func read() -> [MetricFamily] {
    var families: [MetricFamily] = []
    var usage = rusage()
    if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
      let seconds = [usage.ru_utime, usage.ru_stime].reduce(0.0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
      families.append(
        MetricFamily("process_cpu_seconds_total", .counter, "Processor time of this process.", value: seconds))
    }
    if let pages = numbers(in: "/proc/self/statm"), pages.count > 1 {
      let size = Double(sysconf(Int32(_SC_PAGESIZE)))
      families.append(
        MetricFamily("process_resident_memory_bytes", .gauge, "Memory in use.", value: pages[1] * size))
      families.append(
        MetricFamily("process_virtual_memory_bytes", .gauge, "Address space in use.", value: pages[0] * size))
    }
    if let open = openDescriptors() {
      families.append(MetricFamily("process_open_fds", .gauge, "Open descriptors.", value: Double(open)))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      families.append(
        MetricFamily("process_max_fds", .gauge, "The most descriptors.", value: Double(limit.rlim_cur)))
    }
    families.append(
      MetricFamily(
        "process_start_time_seconds", .gauge, "When the process began to count, in seconds since 1970.", value: start))
    return families
  }

  private static let start: Double = {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec / 1_000_000) / 1000
  }()

  private static func numbers(in file: String) -> [Double]? {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isWhitespace)
      .compactMap { Double($0) }
  }

  /// The number of open descriptors: since Linux 6.2 the size of the directory, which costs nothing with 100,000 of them;
  /// before that its entries are counted.
  private static func openDescriptors() -> Int? {
    var status = stat()
    if stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int(status.st_size) }
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Without "." and "..", and the descriptor that reads the directory.
    return max(0, count - 3)
  }
}
