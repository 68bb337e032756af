import Foundation
import Kustomizer

/// Kustomizations that tests build.
enum Samples {
  static func file(_ path: String, _ text: String) -> KustomizeFile {
    KustomizeFile(path: path, bytes: Array(text.utf8))
  }

  static func configMap(_ name: String, _ value: String = "x") -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\ndata:\n  key: \(value)\n"
  }

  /// An overlay above a base, as in Fleet's multi-cluster examples.
  static let overlay = [
    file("base/kustomization.yaml", "resources: [map.yaml, ../shared.yaml/../base/deployment.yaml]\n"),
    file("base/map.yaml", configMap("settings")),
    file(
      "base/deployment.yaml",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"),
    file(
      "overlays/prod/kustomization.yml",
      "resources: [../../base]\nnamePrefix: prod-\npatches: [{path: replicas.yaml}]\n"
        + "configMapGenerator: [{name: made, files: [other=text.txt]}]\n"),
    file("overlays/prod/text.txt", "words"),
    file(
      "overlays/prod/replicas.yaml",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"),
    file("overlays/broken/kustomization.yaml", "resources: [https://example.invalid/never/used.yaml]\n"),
  ]

  /// Files with a kustomization of these words in their root.
  static func root(_ kustomization: String) -> [KustomizeFile] {
    [
      file("kustomization.yaml", kustomization), file("map.yaml", configMap("settings")),
      file("sub/kustomization.yaml", "resources: [sub.yaml]"), file("sub/sub.yaml", configMap("sub")),
    ]
  }

  /// A program of Perl's in place of kustomize: with the tool `perl`, the argument `build` is the file that it runs.
  static func program(_ text: String) -> [KustomizeFile] {
    [file("kustomization.yaml", "{}"), file("build", text)]
  }

  static let perl = "/usr/bin/perl"
}
