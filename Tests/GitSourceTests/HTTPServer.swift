import Foundation

/// git's own HTTP service behind a small HTTPS server, with certificates that openssl makes.
struct HTTPServer {
  let server: TestServer
  /// The CA's certificate in PEM.
  let authority: String
  /// The server's own certificate in PEM.
  let certificate: String
  let logFile: String

  var port: Int { server.port }

  /// One line per request: its `Authorization` header, or `-`.
  var log: [String] {
    ((try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }

  /// Serves the repositories in a directory.
  /// - Parameters:
  ///   - names: the certificate's names, in openssl's notation.
  ///   - login: `user:password` that is asked for.
  ///   - redirect: a base URL to send every request to instead.
  init(
    serving root: String, work: String, names: String = "DNS:localhost", selfSigned: Bool = false, login: String = "",
    redirect: String = ""
  ) async throws {
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    let (key, certificate) = (work + "/key.pem", work + "/cert.pem")
    let (caKey, ca) = (work + "/ca-key.pem", work + "/ca.pem")
    let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    try await run(
      "/usr/bin/openssl",
      ["req", "-x509"] + ec + [
        "-keyout", caKey, "-out", ca, "-subj", "/CN=Test CA", "-addext", "keyUsage=critical,keyCertSign",
      ])
    let extensions = selfSigned ? ["-addext", "basicConstraints=critical,CA:FALSE"] : ["-CA", ca, "-CAkey", caKey]
    try await run(
      "/usr/bin/openssl",
      ["req", "-x509"] + ec + ["-keyout", key, "-out", certificate, "-subj", "/CN=test server"]
        + ["-addext", "subjectAltName=\(names)"] + extensions)
    let script = work + "/server.py"
    try Self.script.write(toFile: script, atomically: true, encoding: .utf8)
    logFile = work + "/requests.log"
    let port = try TestServer.freePort()
    server = try await TestServer(
      "/usr/bin/env", ["python3", script, "\(port)", certificate, key, root, logFile, login, redirect], port: port)
    authority = try String(contentsOfFile: ca, encoding: .utf8)
    self.certificate = try String(contentsOfFile: certificate, encoding: .utf8)
  }

  private static let script = #"""
    import base64, http.server, os, ssl, subprocess, sys
    port, cert, key, root, log, login, redirect = sys.argv[1:8]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *a): pass
        def body(self):
            if self.headers.get("Transfer-Encoding") == "chunked":
                data = b""
                while True:
                    size = int(self.rfile.readline().strip(), 16)
                    data += self.rfile.read(size)
                    self.rfile.readline()
                    if size == 0: return data
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        def answer(self, status, headers, data=b""):
            self.send_response(status)
            for name, value in headers: self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        def serve(self):
            body = self.body()
            with open(log, "a") as f: f.write(self.headers.get("Authorization", "-") + "\n")
            if redirect: return self.answer(301, [("Location", redirect + self.path)])
            expected = "Basic " + base64.b64encode(login.encode()).decode()
            if login and self.headers.get("Authorization") != expected:
                return self.answer(401, [("WWW-Authenticate", 'Basic realm="git"')])
            path, _, query = self.path.partition("?")
            env = dict(PATH="/usr/bin:/bin", GIT_PROJECT_ROOT=root, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
                REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
                HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""), GIT_CONFIG_NOSYSTEM="1", HOME="/nonexistent",
                GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
            out = subprocess.run(["git", "http-backend"], input=body, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
            head, _, data = out.partition(b"\r\n\r\n")
            status, headers = 200, []
            for line in head.decode().split("\r\n"):
                name, _, value = line.partition(": ")
                if name == "Status": status = int(value.split()[0])
                elif name: headers.append((name, value))
            self.answer(status, headers, data)
        do_GET = do_POST = serve

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()
    """#
}
