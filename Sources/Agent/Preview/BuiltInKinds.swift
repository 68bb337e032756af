import Document
import Fleet

/// Which of Kubernetes' own kinds have namespaces, for rendering where there is no API server to ask.
enum BuiltInKinds {
  /// Whether objects of a kind have a namespace; nil for kinds that are not Kubernetes' own.
  static func isNamespaced(apiVersion: String, kind: String) -> Bool? {
    let group = apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : ""
    guard let clusterScoped = clusterScoped[group] else { return nil }
    return !clusterScoped.contains(kind)
  }

  /// The kinds without namespaces of every group that Kubernetes serves itself.
  private static let clusterScoped: [String: Set<String>] = [
    "": ["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
    "admissionregistration.k8s.io": [
      "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
      "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    ],
    "apiextensions.k8s.io": ["CustomResourceDefinition"],
    "apiregistration.k8s.io": ["APIService"],
    "apps": [],
    "authentication.k8s.io": ["SelfSubjectReview", "TokenReview"],
    "authorization.k8s.io": ["SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
    "autoscaling": [],
    "batch": [],
    "certificates.k8s.io": ["CertificateSigningRequest", "ClusterTrustBundle"],
    "coordination.k8s.io": [],
    "discovery.k8s.io": [],
    "events.k8s.io": [],
    "extensions": ["PodSecurityPolicy"],
    "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
    "internal.apiserver.k8s.io": ["StorageVersion"],
    "networking.k8s.io": ["ClusterCIDR", "IPAddress", "IngressClass", "ServiceCIDR"],
    "node.k8s.io": ["RuntimeClass"],
    "policy": ["PodSecurityPolicy"],
    "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding"],
    "resource.k8s.io": ["DeviceClass", "DeviceTaintRule", "ResourceSlice"],
    "scheduling.k8s.io": ["PriorityClass"],
    "storage.k8s.io": ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    "storagemigration.k8s.io": ["StorageVersionMigration"],
  ]
}
