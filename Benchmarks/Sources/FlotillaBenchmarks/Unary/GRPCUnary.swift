import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2

/// The same calls over grpc-swift-2 with TLS, set up as its documentation does it.
enum GRPCUnary {
  static let method = MethodDescriptor(fullyQualifiedService: "bench.Echo", method: "Echo")

  static func run(_ load: UnaryLoad, bytes: Int) async throws -> UnaryLoad.Outcome {
    let directory = NSTemporaryDirectory() + "flotilla-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let (certificate, key) = try makeCertificate(in: directory)
    return try await withGRPCServer(
      transport: .http2NIOPosix(
        address: .ipv4(host: "127.0.0.1", port: 0),
        transportSecurity: .tls(
          certificateChain: [.file(path: certificate, format: .pem)], privateKey: .file(path: key, format: .pem))),
      services: [EchoService()]
    ) { server in
      guard let address = try await server.listeningAddress?.ipv4 else { throw Mistake("gRPC does not listen") }
      let security = HTTP2ClientTransport.Posix.TransportSecurity.tls { tls in
        tls.trustRoots = .certificates([.file(path: certificate, format: .pem)])
        // The address is no name; of the handshake alone, which is not measured.
        tls.serverCertificateVerification = .noHostnameVerification
      }
      return try await withGRPCClient(
        transport: try .http2NIOPosix(
          target: .ipv4(address: "127.0.0.1", port: address.port), transportSecurity: security)
      ) { client in
        let message = [UInt8](repeating: 1, count: bytes)
        return try await load.run {
          let answer = try await client.unary(
            request: ClientRequest(message: message), descriptor: method, serializer: RawBytes(),
            deserializer: RawBytes(), options: .defaults
          ) { try $0.message }
          guard answer.count == message.count else { throw Mistake("an answer is not what was sent") }
        }
      }
    }
  }

  /// A certificate for 127.0.0.1 that vouches for itself; an elliptic key, as is usual.
  private static func makeCertificate(in directory: String) throws -> (certificate: String, key: String) {
    let (certificate, key) = (directory + "/tls.crt", directory + "/tls.key")
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/env")
    openssl.arguments =
      ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
      + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
      + ["-keyout", key, "-out", certificate]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    guard openssl.terminationStatus == 0 else { throw Mistake("openssl makes no certificate") }
    return (certificate, key)
  }
}

/// Sends back what it gets.
private struct EchoService: RegistrableRPCService {
  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(forMethod: GRPCUnary.method, deserializer: RawBytes(), serializer: RawBytes()) {
      request, _ in
      let single = try await ServerRequest(stream: request)
      return StreamingServerResponse(single: ServerResponse(message: single.message))
    }
  }
}

/// Bytes as they are.
private struct RawBytes: MessageSerializer, MessageDeserializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

  func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> [UInt8] {
    serializedMessageBytes.withUnsafeBytes { Array($0) }
  }
}
