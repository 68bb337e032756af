import Document
import Testing

@testable import KubeClient

@Suite("Discovery") struct DiscoveryTests {
  @Test("both forms of discovery tell the same")
  func forms() throws {
    let old = try YAML.parse(
      """
      kind: APIResourceList
      groupVersion: apps/v1
      resources:
      - {name: deployments, singularName: deployment, namespaced: true, kind: Deployment, verbs: [get, list, watch], shortNames: [deploy], categories: [all]}
      - {name: deployments/status, namespaced: true, kind: Deployment, verbs: [get]}
      - {name: deployments/scale, group: autoscaling, version: v1, namespaced: true, kind: Scale, verbs: [get]}
      """)[0]
    let new = try YAML.parse(
      """
      kind: APIGroupDiscoveryList
      items:
      - metadata: {name: apps}
        versions:
        - version: v1
          freshness: Current
          resources:
          - resource: deployments
            responseKind: {group: "", version: "", kind: Deployment}
            scope: Namespaced
            singularResource: deployment
            verbs: [get, list, watch]
            shortNames: [deploy]
            categories: [all]
            subresources: [{subresource: status}, {subresource: scale}]
      - metadata: {name: metrics.k8s.io}
        versions: [{version: v1beta1, freshness: Stale}]
      """)[0]
    var fromOld = Discovery()
    fromOld.set(DiscoveryDocuments.resources(old, groupVersion: "apps/v1"), for: "apps/v1")
    var fromNew = Discovery()
    DiscoveryDocuments.add(aggregated: new, to: &fromNew)
    #expect(fromOld.resources == fromNew.resources)
    #expect(fromNew.failures["metrics.k8s.io/v1beta1"] != nil)
    let deployment = try #require(fromOld.resource(apiVersion: "apps/v1", kind: "Deployment"))
    #expect(
      deployment.subresources == ["status", "scale"] && deployment.isWatchable && deployment.apiVersion == "apps/v1")
    #expect(fromOld.apiVersions == ["apps/v1", "apps/v1/Deployment"])
    #expect(fromOld.resource(group: "apps", kind: "Deployment") == deployment)
  }

  @Test("a group's preferred version comes first")
  func preference() throws {
    let groups = try YAML.parse(
      """
      kind: APIGroupList
      groups:
      - name: x.io
        versions: [{groupVersion: x.io/v2beta1}, {groupVersion: x.io/v1}]
        preferredVersion: {groupVersion: x.io/v1}
      """)[0]
    #expect(DiscoveryDocuments.groupVersions(groups) == ["x.io/v1", "x.io/v2beta1"])
    #expect(DiscoveryDocuments.groupVersions(["kind": "APIVersions", "versions": ["v1"]]) == ["v1"])
  }

  @Test("paths keep names in their place")
  func paths() throws {
    let maps = APIResource.configMaps
    #expect(try maps.path() == "/api/v1/configmaps")
    #expect(try maps.path(namespace: "a", name: "b:c d") == "/api/v1/namespaces/a/configmaps/b%3Ac%20d")
    let deployments = APIResource(
      group: "apps", version: "v1", kind: "Deployment", plural: "deployments", namespaced: true)
    #expect(
      try deployments.path(namespace: "a", name: "b", subresource: "status")
        == "/apis/apps/v1/namespaces/a/deployments/b/status")
    #expect(try APIResource.namespaces.path(namespace: "ignored", name: "x") == "/api/v1/namespaces/x")
    for name in ["..", ".", "", "a/b"] {
      #expect(throws: KubeClientError.self) { try maps.path(namespace: "a", name: name) }
    }
    #expect(throws: KubeClientError.self) { try maps.path(name: "b") }
  }
}
