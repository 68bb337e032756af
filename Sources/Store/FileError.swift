import Foundation

/// Repeats a system call that a signal interrupted: a library in the process (Go's runtime, say) may use signals of its own.
func retrying<T: SignedInteger>(_ call: () -> T) -> T {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// Turns what the system says about a file into a ``StoreError``.
enum FileError {
  /// The error of the system call that has just failed.
  static func last(_ what: String) -> StoreError {
    make(what, errno)
  }

  static func make(_ what: String, _ number: Int32) -> StoreError {
    let reason = String(cString: strerror(number))
    switch number {
    case ENOSPC, EDQUOT:
      return StoreError(.storageFull, "\(what): \(reason); nothing was kept, free some space and try again")
    case EACCES, EPERM, EROFS:
      return StoreError(.unavailable, "\(what): \(reason); check the owner and mode of the data directory")
    default:
      return StoreError(.unavailable, "\(what): \(reason)")
    }
  }

  /// What Foundation has to say, without its decorations.
  static func text(of error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    guard let number = underlying, number.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
    return String(cString: strerror(Int32(number.code)))
  }
}
