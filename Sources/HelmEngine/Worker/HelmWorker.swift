import CHelm
import Document
import Foundation

/// The child process's side: answers requests that come in frames on standard input, one after another; those with an id side by
/// side, each when it is done.
///
/// A frame is four bytes of length, the highest first, and so many bytes of message. Nothing of a request appears in
/// arguments, environment or standard error.
public enum HelmWorker {
  /// Answers requests until there are no more. It returns at the end of standard input, and when a frame is cut off or too
  /// long. What else the process writes to standard output goes to standard error.
  public static func run() {
    signal(SIGPIPE, SIG_IGN)
    // A file that would grow over the limit is an error then, and not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    let answers = dup(STDOUT_FILENO)
    guard answers >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else { return }
    var worker = Session()
    var host: ReleaseHost?
    while let request = Frame.read(from: STDIN_FILENO) {
      let answer: WorkerMessage
      do throws(HelmError) {
        let message = try WorkerMessage(bytes: request)
        if let id = message.header["cancel"]?.int {
          host?.cancel(Int64(id))
          continue
        }
        if let id = message.header["id"]?.int {
          let current = host ?? ReleaseHost(threads: message.header["threads"]?.int ?? 1, answers: answers)
          host = current
          current.begin(message, id: Int64(id))
          continue
        }
        answer = worker.answer(message)
      } catch {
        answer = WorkerMessage(failure: error)
      }
      guard Frame.write(answer.bytes, to: answers) else { return }
    }
  }

  /// What a worker keeps from request to request.
  struct Session {
    private var library: HelmLibrary?
    private var configurations: ConfigurationPool?
    var templates = KeptTemplates()

    mutating func answer(_ message: WorkerMessage) -> WorkerMessage {
      do {
        let library = try loaded()
        if message.header["operation"] != nil {
          let request = try HelmRequest(message)
          let pool = configurations ?? ConfigurationPool(library: library)
          configurations = pool
          return try HelmSession(library: library, configurations: pool, connection: request.connection).answer(request)
        }
        switch message.header["request"]?.string {
        case "values": return try templates.render(message, library: library)
        case "pull": return try PullRequest(message.header).answer(library: library)
        case let other:
          throw HelmError(code: .workerFailed, message: "Helm's worker knows no request \(other ?? "without a name")")
        }
      } catch let error as HelmError {
        return WorkerMessage(failure: error)
      } catch {
        return WorkerMessage(failure: HelmError(code: .other, message: "\(error)"))
      }
    }

    private mutating func loaded() throws -> HelmLibrary {
      if let library { return library }
      let loaded = try HelmLibrary.load()
      library = loaded
      return loaded
    }
  }
}

/// Frames on descriptors, by calls that block.
enum Frame {
  /// The next frame's bytes; nil at the end, and for a frame that is cut off or longer than `Limits.workerMessageBytes`.
  static func read(from descriptor: Int32) -> [UInt8]? {
    guard let head = bytes(4, from: descriptor) else { return nil }
    let length = WorkerMessage.length(of: head)
    guard length <= Limits.workerMessageBytes else { return nil }
    return bytes(length, from: descriptor)
  }

  /// Writes a frame; false when nobody reads any more.
  static func write(_ message: [UInt8], to descriptor: Int32) -> Bool {
    for part in [WorkerMessage.length(message.count), message] {
      var written = 0
      while written < part.count {
        let count = part.withUnsafeBytes {
          Foundation.write(descriptor, $0.baseAddress?.advanced(by: written), part.count - written)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        written += count
      }
    }
    return true
  }

  private static func bytes(_ count: Int, from descriptor: Int32) -> [UInt8]? {
    var result = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = result.withUnsafeMutableBytes {
        Foundation.read(descriptor, $0.baseAddress?.advanced(by: filled), count - filled)
      }
      // Go's signals interrupt calls of the whole process.
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return nil }
      filled += got
    }
    return result
  }
}
