import Document
import Foundation
import class TestSupport.RunningCommand
import struct TestSupport.ControlPlane

/// The container of a StatefulSet's pod, run as a kubelet would: what the API server holds gives arguments, environment, mounted
/// Secrets, user and service account; the root is read-only, and there are no privileges. In the machine's own network, though.
final class PodProcess: Sendable {
  /// Where probes are answered.
  let health: String
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
    let port = try freePort()
    health = "http://127.0.0.1:\(port)"

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
    mounts.append("\(identity):/var/run/secrets/kubernetes.io/serviceaccount:ro")

    let library = try await HelmLibrary.environment()["FLOTILLA_HELM_LIBRARY"] ?? ""
    var environment = [
      "KUBERNETES_SERVICE_HOST=127.0.0.1", "KUBERNETES_SERVICE_PORT=\(try plane.port())", "PATH=/usr/bin:/bin",
      "FLOTILLA_HELM_LIBRARY=/app/libhelm_c.so",
    ]
    for variable in container["env"]?.array ?? [] {
      environment.append("\(variable["name"]?.string ?? "")=\(variable["value"]?.string ?? "")")
    }
    let arguments = (container["args"]?.array ?? []).compactMap(\.string).map {
      $0.hasPrefix("--health-address=") ? "--health-address=127.0.0.1:\(port)" : $0
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

  /// What a probe's path answers.
  func probe(_ path: String) async throws -> (status: Int, text: String) {
    let outcome = try await command(["curl", "-s", "-m", "5", "-w", "\n%{http_code}", health + path]).run()
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
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
