// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode (the tools version's default) and no warning left standing.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "flotilla",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "flotilla", targets: ["flotilla"]),
    // Rooms that Benchmarks/ measures on their own.
    .library(name: "Agent", targets: ["Agent"]),
    .library(name: "CZeroMQ", targets: ["CZeroMQ"]),
    .library(name: "Document", targets: ["Document"]),
    .library(name: "Fleet", targets: ["Fleet"]),
    .library(name: "GitSource", targets: ["GitSource"]),
    .library(name: "HelmEngine", targets: ["HelmEngine"]),
    .library(name: "KubeClient", targets: ["KubeClient"]),
    .library(name: "Manager", targets: ["Manager"]),
    .library(name: "Wire", targets: ["Wire"]),
  ],
  dependencies: [
    // The command's verbs, options and help.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // One logging face for every room; the command chooses the handler.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // SHA-256 and MD5 of names, manifests and tokens; X25519 is libzmq's own.
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    // The manager's own certificate authority and serving certificate.
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    // Header names and methods as Hummingbird's requests carry them.
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    // Event loops and TLS below Hummingbird and AsyncHTTPClient.
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    // Long-running parts, their order of start and their graceful shutdown.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    // The HTTPS server below the Kubernetes API conventions.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    // The client for downstream clusters' API servers: streams, TLS, connection pools.
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    // SQLite with WAL, savepoints and a well-tested Swift face.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .systemLibrary(name: "CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CHelm"),
    .target(name: "CConfinement"),
    .target(name: "CWireMessages", dependencies: ["CProtobufC"]),
    .target(name: "Document", dependencies: ["CYAML"], swiftSettings: strict),
    .target(
      name: "Wire",
      dependencies: [
        "CWireMessages", "CZeroMQ",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    .target(
      name: "Fleet",
      dependencies: ["Document", "CZlib", .product(name: "Crypto", package: "swift-crypto")], swiftSettings: strict),
    .target(
      name: "GitSource",
      dependencies: [
        "CGit2",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .target(name: "Confinement", dependencies: ["CConfinement"], swiftSettings: strict),
    .target(name: "Kustomizer", dependencies: ["Confinement", "Document"], swiftSettings: strict),
    .target(name: "HelmEngine", dependencies: ["CHelm", "Confinement", "Document"], swiftSettings: strict),
    .target(
      name: "KubeClient",
      dependencies: [
        "Document",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .target(
      name: "KubeServer",
      dependencies: [
        "Document",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    .target(
      name: "Telemetry",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ], swiftSettings: strict),
    .target(
      name: "Store",
      dependencies: [
        "Telemetry",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .target(
      name: "Manager",
      dependencies: [
        "Document", "Wire", "Fleet", "GitSource", "HelmEngine", "KubeClient", "KubeServer", "Kustomizer", "Store",
        "Telemetry",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      // The agent's chart, a link to charts/flotilla-agent: the manager installs it from wherever its executable lies.
      resources: [.embedInCode("Import/AgentChart")], swiftSettings: strict),
    .target(
      name: "Agent",
      dependencies: [
        "Document", "Wire", "Fleet", "HelmEngine", "KubeClient", "Kustomizer", "Telemetry",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "flotilla",
      dependencies: [
        "Manager", "Agent", "Document", "Fleet", "GitSource", "HelmEngine", "KubeClient", "Kustomizer", "Wire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    // What the tests share: child processes, real control planes, waiting, directories.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "DocumentTests", dependencies: ["Document", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "WireTests",
      dependencies: [
        "Wire", "CZeroMQ", "CWireMessages",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], exclude: ["Vectors"], swiftSettings: strict),
    .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"], swiftSettings: strict),
    .testTarget(name: "FleetTests", dependencies: ["Fleet", "Document", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "GitSourceTests", dependencies: ["GitSource", "CGit2", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "ConfinementTests", dependencies: ["Confinement", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "KustomizerTests", dependencies: ["Kustomizer", "Confinement", "Document", "TestSupport"],
      swiftSettings: strict),
    // Helm's child for tests of rooms below the executable, whose own verb it is.
    .executableTarget(
      name: "HelmWorkerMain", dependencies: ["HelmEngine"], path: "Tests/HelmWorkerMain", swiftSettings: strict),
    .testTarget(
      name: "HelmEngineTests", dependencies: ["HelmEngine", "HelmWorkerMain", "Document", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "KubeClientTests",
      dependencies: [
        "KubeClient", "Document", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),
    .testTarget(
      name: "KubeServerTests",
      dependencies: [
        "KubeServer", "Document", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    // Killed by StoreTests at random moments, to see that nothing acknowledged is lost.
    .executableTarget(
      name: "StoreCrashWriter", dependencies: ["Store"], path: "Tests/StoreCrashWriter", swiftSettings: strict),
    .testTarget(name: "StoreTests", dependencies: ["Store", "StoreCrashWriter", "Telemetry"], swiftSettings: strict),
    .testTarget(
      name: "ManagerTests",
      dependencies: [
        "Manager", "Document", "Fleet", "GitSource", "HelmEngine", "HelmWorkerMain", "KubeServer", "Kustomizer",
        "Store", "TestSupport", "Wire",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    .testTarget(
      name: "AgentTests",
      dependencies: [
        "Agent", "Document", "Fleet", "HelmEngine", "HelmWorkerMain", "KubeClient", "Kustomizer", "Telemetry",
        "TestSupport", "Wire",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: strict),
    // Every decoder of bytes from outside, in one place: they share the mutator and the corpus.
    .testTarget(
      name: "FuzzTests", dependencies: ["Agent", "Document", "Fleet", "KubeServer", "Wire"], exclude: ["Corpus"],
      swiftSettings: strict),
    // Runs the executable itself, so that it is built before.
    .testTarget(name: "EndToEndTests", dependencies: ["flotilla", "Document", "TestSupport"], swiftSettings: strict),
  ]
)
