import ArgumentParser

/// `flotilla version`
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

  func run() {
    print("flotilla \(FlotillaVersion.current)")
  }
}

/// What `flotilla version`, agents' inventories and the API's user agent say.
enum FlotillaVersion {
  static let current = "0.1.0"
}
