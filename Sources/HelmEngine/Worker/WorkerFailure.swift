import Confinement

/// A child's end in the words of the request that it worked for.
struct WorkerFailure {
  let helmError: HelmError

  init(_ error: ConfinementError, doing: String, time: Duration, memoryBytes: Int) {
    let (code, reason): (HelmError.Code, String) =
      switch error.code {
      case .timeLimit: (.limitExceeded, "it took longer than \(time)")
      case .memoryLimit: (.limitExceeded, "it needed more than \(memoryBytes >> 20) MiB of memory")
      case .cpuLimit: (.limitExceeded, "it used too much processor time")
      case .outputLimit: (.limitExceeded, "its result has more than \(Limits.workerMessageBytes >> 20) MiB")
      case .fileLimit: (.limitExceeded, "it wrote a file that is too large")
      case .cancelled: (.cancelled, "cancelled")
      case .overloaded: (.overloaded, error.message)
      default: (.workerFailed, error.message)
      }
    helmError = HelmError(code: code, message: "\(doing): \(reason)", cause: error)
  }
}
