import Foundation

/// The servers' programs, in Python: it has HTTP and TLS in its standard library.
enum ChartServerScripts {
  /// Waits for the port that a server wrote to a file.
  static func port(in file: String, of process: RunningCommand) async throws -> Int {
    var port: Int?
    try await eventually("the chart repository listens") {
      if let status = process.status { throw Command.Failure("it ended with \(status): \(process.output)") }
      port = (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0) }
      return port != nil
    }
    return port ?? 0
  }

  /// Serves a folder of archives with an index of them. Its configuration is the file that its one argument names.
  static let repository = #"""
    import glob, hashlib, http.server, json, os, ssl, sys, threading, time

    configuration = json.load(open(sys.argv[1]))
    directory = configuration["directory"]
    www = os.path.join(directory, "www")
    lock = threading.Lock()

    def index():
        charts = {}
        for path in sorted(glob.glob(os.path.join(www, "*.entry"))):
            entry, archive = json.load(open(path)), path[:-len(".entry")]
            digest = entry.get("digest", hashlib.sha256(open(archive, "rb").read()).hexdigest())
            charts.setdefault(entry["name"], []).append({
                "apiVersion": "v2", "name": entry["name"], "version": entry["version"], "digest": digest,
                "urls": [entry.get("url", os.path.basename(archive))]})
        return json.dumps({"apiVersion": "v1", "entries": charts}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def begin(self, status, headers={}):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self):
            path = self.path.split("?")[0]
            authorization = self.headers.get("Authorization", "")
            with lock, open(os.path.join(directory, "requests"), "a") as log:
                log.write(json.dumps({"path": path, "authorization": authorization}) + "\n")
            if configuration.get("authorization", authorization) != authorization:
                return self.begin(401, {"WWW-Authenticate": "Basic realm=charts", "Content-Length": "0"})
            file = os.path.normpath(www + path)
            if not file.startswith(www):
                return self.begin(400, {"Content-Length": "0"})
            try:
                if os.path.exists(file + ".behaviour"):
                    self.behave(json.load(open(file + ".behaviour")))
                elif path == "/index.yaml":
                    self.give(index())
                elif os.path.isfile(file):
                    self.give(open(file, "rb").read())
                else:
                    self.begin(404, {"Content-Length": "0"})
            except (BrokenPipeError, ConnectionResetError):
                pass

        def give(self, body):
            self.begin(200, {"Content-Length": str(len(body))})
            self.wfile.write(body)

        def behave(self, how):
            if "redirect" in how:
                return self.begin(302, {"Location": how["redirect"], "Content-Length": "0"})
            if "status" in how:
                return self.begin(int(how["status"]), {"Content-Length": "0"})
            if "text" in how:
                return self.give(how["text"].encode())
            self.begin(200)
            while True:
                self.wfile.write(b"\0" if "drip" in how else bytes(1 << 20))
                self.wfile.flush()
                time.sleep(float(how.get("drip", 0)))

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request, client):
            # In the connection's own thread: a client that refuses the certificate must not hold up others.
            if "certificate" in configuration:
                request = context.wrap_socket(request, server_side=True)
            super().finish_request(request, client)

        def handle_error(self, request, client):
            pass

    if "certificate" in configuration:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(configuration["certificate"], configuration["key"])
    server = Server(("127.0.0.1", 0), Handler)
    with open(os.path.join(directory, "port.new"), "w") as file:
        file.write(str(server.server_port))
    os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
    server.serve_forever()
    """#

  /// Pushes a chart to a registry: an order in JSON comes over standard input.
  static let push = #"""
    import hashlib, json, ssl, sys, urllib.parse, urllib.request

    order = json.load(sys.stdin)
    context = ssl._create_unverified_context()

    def call(method, url, body=b"", kind="application/octet-stream"):
        headers = {"Content-Type": kind}
        if "authorization" in order:
            headers["Authorization"] = order["authorization"]
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        return urllib.request.urlopen(request, context=context)

    def blob(body, kind):
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        place = call("POST", order["url"] + "/blobs/uploads/").headers["Location"]
        place = urllib.parse.urljoin(order["url"], place)
        call("PUT", place + ("&" if "?" in place else "?") + urllib.parse.urlencode({"digest": digest}), body)
        return {"mediaType": kind, "digest": digest, "size": len(body)}

    metadata = json.dumps({"apiVersion": "v2", "name": order["name"], "version": order["version"]}).encode()
    manifest = {
        "schemaVersion": 2,
        "config": blob(metadata, "application/vnd.cncf.helm.config.v1+json"),
        "layers": [blob(open(order["archive"], "rb").read(), "application/vnd.cncf.helm.chart.content.v1.tar+gzip")],
    }
    # A tag cannot hold a plus sign: Helm writes an underscore.
    tag = order["version"].replace("+", "_")
    call("PUT", order["url"] + "/manifests/" + tag, json.dumps(manifest).encode(),
         "application/vnd.oci.image.manifest.v1+json")
    """#
}
