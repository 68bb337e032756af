import Document
import Fleet
import HelmEngine
import Kustomizer

/// What Helm rendered for a plan.
struct RenderedObjects: Sendable, Hashable {
  /// The objects without hooks, in order.
  var objects: [Value]
  /// The hooks.
  var hooks: [Value]

  /// Rendered objects.
  init(objects: [Value], hooks: [Value]) {
    self.objects = objects
    self.hooks = hooks
  }

  /// Objects of any origin, told apart as Helm will tell them apart when it installs them.
  init(separating all: [Value]) {
    let isHook = { (object: Value) in object.at("metadata", "annotations", "helm.sh/hook") != nil }
    self.init(objects: all.filter { !isHook($0) }, hooks: all.filter(isHook))
  }
}

/// Kustomize, where a bundle's files have a kustomization: on its own, or after Helm (fleet-behaviour §5.4).
///
/// What Helm rendered, hooks included, becomes the kustomization's first resource. Afterwards an object is a hook if it
/// says so, as Helm 4 has it after a post-renderer.
struct KustomizeStep: Sendable {
  /// The name of the file with what Helm rendered, beside the kustomization. One can refer to it.
  static let manifestsName = "fleet-manifests.yaml"
  /// The only name of a kustomization that counts, as in Fleet; other ones serve as bases.
  static let kustomizationName = "kustomization.yaml"

  private let kustomization: ReleasePlan.Kustomization
  private let position: Int

  /// The step of a plan; nil where there is nothing to do for kustomize.
  init?(_ plan: ReleasePlan) {
    guard let kustomization = plan.kustomization else { return nil }
    let path = KustomizeStep.path(Self.kustomizationName, in: kustomization.directory)
    guard let position = kustomization.files.firstIndex(where: { $0.path == path }) else { return nil }
    self.kustomization = kustomization
    self.position = position
  }

  /// What kustomize makes of the rendered objects.
  ///
  /// - Throws: ``KustomizerError`` and ``FleetError``, which name the kustomization.
  func apply(_ rendered: RenderedObjects, with kustomizer: Kustomizer) async throws -> RenderedObjects {
    let (input, untouched) = KustomizeStep.split(rendered)
    let output = try await kustomizer.build(files: try files(with: input), directory: kustomization.directory)
    let file = kustomization.files[position].path
    let built = try ManifestObjects.parse(
      String(decoding: output, as: UTF8.self), file: "what kustomize makes of \(file)")
    var result = RenderedObjects(separating: built)
    result.hooks += untouched
    return result
  }

  /// The bundle's files with the rendered objects among them.
  func files(with objects: [Value]) throws(FleetError) -> [KustomizeFile] {
    let manifests = KustomizeStep.path(Self.manifestsName, in: kustomization.directory)
    var files = kustomization.files.filter { $0.path != manifests }.map {
      KustomizeFile(path: $0.path, bytes: $0.bytes)
    }
    files.append(KustomizeFile(path: manifests, bytes: objects.isEmpty ? [] : Array(YAML.emit(objects).utf8)))
    guard !objects.isEmpty else { return files }
    let path = kustomization.files[position].path
    guard let index = files.firstIndex(where: { $0.path == path }) else { return files }
    files[index].bytes = try KustomizeStep.addingManifests(to: files[index].bytes, file: path)
    return files
  }

  /// A kustomization with the rendered objects as its first resource, unless it names them somewhere itself.
  static func addingManifests(to bytes: [UInt8], file: String) throws(FleetError) -> [UInt8] {
    let documents: [Value]
    do {
      documents = try YAML.parse(bytes, file: file)
    } catch {
      throw FleetError(.invalidDocument, error.message, file: file, line: error.line, cause: error)
    }
    var content = documents.first ?? [:]
    if content.isNull { content = [:] }
    let resources = content["resources"] ?? []
    guard documents.count <= 1, content.object != nil, resources.isNull || resources.array != nil else {
      throw FleetError(.invalidDocument, "must be one object, whose resources are a list", file: file)
    }
    let names = resources.array ?? []
    guard !names.contains(.string(manifestsName)) else { return bytes }
    content["resources"] = .array([.string(manifestsName)] + names)
    return Array(YAML.emit(content).utf8)
  }

  /// What kustomize gets, and which hooks it does not: it takes no two objects of one identity, nor any without a name,
  /// while a chart may well have two hooks of one name, of which each deletes the other.
  private static func split(_ rendered: RenderedObjects) -> (input: [Value], untouched: [Value]) {
    var known = Set(rendered.objects.map { ObjectIdentity(of: $0) })
    var input = rendered.objects
    var untouched: [Value] = []
    for hook in rendered.hooks {
      let identity = ObjectIdentity(of: hook)
      if !identity.name.isEmpty, known.insert(identity).inserted {
        input.append(hook)
      } else {
        untouched.append(hook)
      }
    }
    return (input, untouched)
  }

  private static func path(_ name: String, in directory: String) -> String {
    directory.isEmpty ? name : "\(directory)/\(name)"
  }
}

extension RenderedObjects {
  /// What a chart's templates gave.
  ///
  /// - Throws: `FleetError` that names template and line.
  init(_ rendered: RenderedManifests?) throws(FleetError) {
    self.init(objects: [], hooks: [])
    for file in rendered?.files ?? [] {
      for document in file.documents { objects += try ManifestObjects.parse(document, file: file.path) }
      for hook in file.hooks { hooks += try ManifestObjects.parse(hook, file: file.path) }
    }
  }
}

extension DeploymentFailure {
  /// What a failed build means for the next attempt: files stay as they are, while a tool may be installed.
  init(_ error: KustomizerError) {
    self.init(kind: error.isFinal ? .final : .transient, message: "kustomize: \(error.message)")
  }
}
