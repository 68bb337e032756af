// swift-tools-version: 6.2
import PackageDescription

/// What `make bench` measures: a package of its own, so that Flotilla itself depends on nothing that only a measurement needs.
let package = Package(
  name: "flotilla-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "flotilla", path: ".."),
    // What Document's YAML is measured against.
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // What Wire's unary calls are measured against: the gRPC that a Swift program would take.
    .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
    // Wire is handed a logger.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // The manager's parts are services.
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "FlotillaBenchmarks",
      dependencies: [
        .product(name: "Agent", package: "flotilla"),
        .product(name: "CZeroMQ", package: "flotilla"),
        .product(name: "Document", package: "flotilla"),
        .product(name: "Fleet", package: "flotilla"),
        .product(name: "GitSource", package: "flotilla"),
        .product(name: "HelmEngine", package: "flotilla"),
        .product(name: "KubeClient", package: "flotilla"),
        .product(name: "Manager", package: "flotilla"),
        .product(name: "Wire", package: "flotilla"),
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ], swiftSettings: [.treatAllWarnings(as: .error)])
  ]
)
