import HelmEngine

/// A file of a chart as Helm takes it; `Fleet` has a type of the same name, and the engine's module one of its own name.
typealias HelmChartFile = ChartFile
