import Document
import Fleet
import KubeServer
import Store

/// The kinds of the manager's API and where each is kept.
enum ServedKinds {
  /// Every kind with its storage, and its views where somebody can answer them.
  static func all(
    store: any Store, contents: ContentCache, renderer: DeploymentRenderer, presence: Presence,
    inspection: InspectionViews? = nil
  ) -> [(ResourceKind, any ResourceStorage)] {
    CoreKinds.all.map { ($0, documents($0, store: store)) }
      + FleetKind.served.map { fleet in
        var kind = resource(fleet)
        kind.views = inspection?.views(of: fleet.kind) ?? []
        switch fleet.kind {
        case "Bundle": return (kind, documents(kind, store: store, codec: BundleCodec(contents: contents)))
        case "Cluster": return (kind, documents(kind, store: store, codec: ClusterCodec(presence: presence)))
        case "Content": return (kind, documents(kind, store: store, codec: ContentCodec(store: store)))
        case "BundleDeployment": return (kind, DeploymentStorage(store: store, kind: kind, renderer: renderer))
        default: return (kind, documents(kind, store: store))
        }
      }
  }

  private static func documents(
    _ kind: ResourceKind, store: any Store, codec: any ObjectCodec = DocumentCodec()
  ) -> StoreResourceStorage {
    StoreResourceStorage(store: store, kind: kind, storedKind: kind.groupResource, codec: codec)
  }

  private static func resource(_ fleet: FleetKind) -> ResourceKind {
    let validate = fleet.validate
    return ResourceKind(
      group: FleetKind.group, version: FleetKind.version, kind: fleet.kind, plural: fleet.plural,
      singular: fleet.singular, categories: fleet.categories, namespaced: fleet.namespaced, schema: fleet.schema,
      columns: fleet.columns.map {
        .init(
          name: $0.name, type: $0.type, description: $0.description, jsonPath: $0.jsonPath, priority: $0.priority)
      },
      hasStatus: fleet.hasStatus,
      validate: { object, old in
        validate(object, old).map { .invalid($0.field, $0.value, $0.message) }
      })
  }
}
