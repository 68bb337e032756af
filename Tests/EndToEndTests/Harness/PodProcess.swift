import Document
import Foundation
import class TestSupport.RunningCommand
import struct TestSupport.ControlPlane
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The container of a StatefulSet's pod, run as a kubelet would: what the API server holds gives arguments, environment, mounted
/// Secrets, user and service account; the root is read-only, and there are no privileges. In the machine's own network, though.
final class PodProcess: Sendable {
  /// Where its ports are on 127.0.0.1, by their names.
  let ports: [String: Int]
  /// Where its volumes are, by their names.
  let volumes: String
  private let process: RunningCommand

  /// Starts it with empty volumes.
  init(statefulSet name: String, namespace: String, plane: ControlPlane) async throws {
    let admin = plane.admin
    let template = try await admin.get("statefulset", name, "-n", namespace).at("spec", "template", "spec") ?? .null
    guard let container = template["containers"]?.array?.first,
      let user = template.at("securityContext", "runAsUser")?.int,
      let account = template["serviceAccountName"]?.string
    else { throw Hopeless(description: "the StatefulSet has no usable pod: \(JSON.string(template))") }
    let directory = try Places.directory("pods/\(name)-\(UUID().uuidString.prefix(8))")
    volumes = directory
    var ports: [String: Int] = [:]
    // In a pod's own network nobody else has its ports; here each gets a free one.
    var places: [(old: String, new: String)] = []
    for port in container["ports"]?.array ?? [] {
      guard let name = port["name"]?.string, let number = port["containerPort"]?.int else { continue }
      let free = try freePort()
      ports[name] = free
      places.append((":\(number)", ":\(free)"))
    }
    self.ports = ports
    var mounts: [String] = []
    for mount in container["volumeMounts"]?.array ?? [] {
      guard let volume = mount["name"]?.string, let path = mount["mountPath"]?.string else { continue }
      let source = directory + "/" + volume
      try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
      let definition = template["volumes"]?.array?.first { $0["name"]?.string == volume }
      if let secret = definition?.at("secret", "secretName")?.string {
        let data = try await admin.get("secret", secret, "-n", namespace)["data"]?.object ?? [:]
        for (file, text) in data {
          try Data(Base64.decode(text.string ?? "") ?? []).write(to: URL(filePath: source + "/" + file))
        }
      }
      mounts += ["\(source):\(path):\(mount["readOnly"]?.bool == true ? "ro" : "rw")"]
    }
    let identity = directory + "/account"
    try FileManager.default.createDirectory(atPath: identity, withIntermediateDirectories: true)
    let token = try await admin("create", "token", account, "-n", namespace).trimmingCharacters(
      in: .whitespacesAndNewlines)
    let authority = try YAML.parse(try String(contentsOfFile: plane.kubeconfig, encoding: .utf8)).first?["clusters"]?
      .array?.first?.at("cluster", "certificate-authority-data")?.string
    for (file, bytes) in [
      ("token", Array(token.utf8)), ("namespace", Array(namespace.utf8)),
      ("ca.crt", authority.flatMap { Base64.decode($0) } ?? []),
    ] { try Data(bytes).write(to: URL(filePath: identity + "/" + file)) }
    if template["automountServiceAccountToken"]?.bool != false {
      mounts.append("\(identity):/var/run/secrets/kubernetes.io/serviceaccount:ro")
    }

    let library = try await HelmLibrary.environment()["FLOTILLA_HELM_LIBRARY"] ?? ""
    var environment = [
      "KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=\(try plane.port())", "PATH=/usr/bin:/bin",
      "FLOTILLA_HELM_LIBRARY=/app/libhelm_c.so",
    ]
    for variable in container["env"]?.array ?? [] {
      environment.append("\(variable["name"]?.string ?? "")=\(variable["value"]?.string ?? "")")
    }
    let arguments = (container["args"]?.array ?? []).compactMap(\.string).map { argument in
      guard let place = places.first(where: { argument.hasSuffix($0.old) }) else { return argument }
      return argument.dropLast(place.old.count).replacing("0.0.0.0", with: "127.0.0.1") + place.new
    }
    process = try command(
      [
        "unshare", "--mount", "--propagation", "private", "bash", "-c", Self.script, "pod", directory,
        Places.flotilla, library, "\(user)", mounts.joined(separator: ","), environment.joined(separator: " "),
      ] + arguments
    ).start(log: try Places.directory("logs") + "/\(name).log")
  }

  var log: String { process.output }
  var exitStatus: Int32? { process.status }

  /// What one of its ports answers to a probe's path, as a kubelet asks.
  func probe(_ port: String, _ path: String, scheme: String = "http") async throws -> (status: Int, text: String) {
    let address = "\(scheme)://127.0.0.1:\(ports[port] ?? 0)\(path)"
    let outcome = try await command(["curl", "-s", "-k", "-m", "5", "-w", "\n%{http_code}", address]).run()
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
  }

  /// Ends it as a kubelet does, and waits for its end.
  func stop() async -> Int32 {
    process.send(SIGTERM)
    return await process.finish()
  }

  /// Ends it as the loss of its node would.
  func kill() async {
    process.kill()
    await process.finish()
  }

  private static let script = """
    set -euo pipefail
    pod=$1 binary=$2 library=$3 user=$4 mounts=$5 environment=$6; shift 6
    root=$pod/root
    mkdir -p "$root"
    mount -t tmpfs -o mode=755 pod "$root"
    cd "$root"
    mkdir -p app etc dev proc
    for directory in usr lib lib64 bin sbin opt; do
      if [[ -L /$directory ]]; then cp -P "/$directory" .; continue; fi
      [[ -d /$directory ]] || continue
      mkdir "$directory"; mount --bind "/$directory" "$directory"; mount -o remount,bind,ro "$directory"
    done
    mount --rbind /proc proc
    for device in null zero urandom random; do touch dev/$device; mount --bind /dev/$device dev/$device; done
    cp /etc/hosts /etc/nsswitch.conf /etc/ld.so.cache etc/
    echo "nonroot:x:$user:$user::/:/usr/sbin/nologin" >etc/passwd
    touch app/flotilla app/libhelm_c.so
    mount --bind "$binary" app/flotilla; mount --bind "$library" app/libhelm_c.so
    IFS=, read -ra list <<<"$mounts"
    for mount in "${list[@]}"; do
      IFS=: read -r source path mode <<<"$mount"
      mkdir -p ".$path"; chown -R "$user:$user" "$source"
      mount --bind "$source" ".$path"; mount -o "remount,bind,$mode" ".$path"
    done
    mount -o remount,ro "$root"
    # The name tells the reaper whose it is.
    exec chroot . /usr/bin/setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all \\
      --inh-caps=-all /usr/bin/env -i $environment /bin/bash -c 'exec -a "flotilla:$0" /app/flotilla "$@"' "$pod" "$@"
    """
}

extension PodProcess {
  /// Runs the body, and ends the pod after it, whatever comes of it. What went wrong shows the pod's log.
  func ended(after body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch {
      Issue.record("the end of the pod's log:\n\(log.suffix(2500))")
      await kill()
      throw error
    }
    await kill()
  }
}
