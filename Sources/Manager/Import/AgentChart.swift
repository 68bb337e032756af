import HelmEngine

/// The chart flotilla-agent, as the manager installs it into clusters (fleet-behaviour §6.3): SwiftPM puts the files of
/// `charts/flotilla-agent` into the executable, so that it is there wherever that lies.
enum AgentChart {
  static let chart = Chart(files: [
    ChartFile(path: "Chart.yaml", contents: PackageResources.Chart_yaml),
    ChartFile(path: "templates/NOTES.txt", contents: PackageResources.NOTES_txt),
    ChartFile(path: "templates/_helpers.tpl", contents: PackageResources._helpers_tpl),
    ChartFile(path: "templates/rbac.yaml", contents: PackageResources.rbac_yaml),
    ChartFile(path: "templates/scheduling.yaml", contents: PackageResources.scheduling_yaml),
    ChartFile(path: "templates/secret.yaml", contents: PackageResources.secret_yaml),
    ChartFile(path: "templates/statefulset.yaml", contents: PackageResources.statefulset_yaml),
    ChartFile(path: "values.schema.json", contents: PackageResources.values_schema_json),
    ChartFile(path: "values.yaml", contents: PackageResources.values_yaml),
  ])
}
