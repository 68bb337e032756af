import CHelm
import Document

/// The value templates that a worker has loaded: one of them usually serves many clusters.
///
/// The template is a partial of a chart, so that it may define others; the chart's one template includes it with the context
/// as its data, so that both `.` and `$` are the context. Base64 keeps Helm from taking `<no value>` out of the text.
struct KeptTemplates {
  private static let metadata = "apiVersion: v2\nname: values\nversion: 0.0.0\n"
  private static let encoded = "{{ include \"\(ValueTemplate.engineName)\" .Values.context | b64enc }}"
  private static let plain = "{{ template \"\(ValueTemplate.engineName)\" .Values.context }}"
  private static let options = "{\"strict\":true,\"enable_dns\":false}"
  private static let doing = "value template"

  private var charts: [String: chelm_handle] = [:]
  private var order: [String] = []

  /// Answers a request whose header has the `template`, and whose attachment is the values' JSON with the `context`.
  mutating func render(_ message: WorkerMessage, library: HelmLibrary) throws -> WorkerMessage {
    guard let template = message.header["template"]?.string else {
      throw HelmError(code: .workerFailed, message: "a request for a value template has none")
    }
    let values = String(decoding: message.attachment, as: UTF8.self)
    let chart = try kept(template, library)
    do {
      let outputs = try library.call(Self.doing) { chelm_render($0, 0, chart, values, Self.options) }
      return WorkerMessage(header: [:], attachment: Array(outputs.utf8))
    } catch let error as HelmError where !error.message.contains(ValueTemplate.engineName + ":") {
      // `fail` and `required` are reported at the include: once more without it, to learn where they stand.
      throw located(template, values, library) ?? error
    }
  }

  private func located(_ template: String, _ values: String, _ library: HelmLibrary) -> HelmError? {
    guard let chart = try? Self.load(template, main: Self.plain, library) else { return nil }
    defer { library.release(chart) }
    do {
      _ = try library.call(Self.doing) { chelm_render($0, 0, chart, values, Self.options) }
      return nil
    } catch {
      return error as? HelmError
    }
  }

  private mutating func kept(_ template: String, _ library: HelmLibrary) throws -> chelm_handle {
    if let chart = charts[template] { return chart }
    let chart = try Self.load(template, main: Self.encoded, library)
    if order.count >= Limits.keptTemplates, let oldest = charts.removeValue(forKey: order.removeFirst()) {
      library.release(oldest)
    }
    charts[template] = chart
    order.append(template)
    return chart
  }

  private static func load(_ template: String, main: String, _ library: HelmLibrary) throws -> chelm_handle {
    let chart = Chart(files: [
      ChartFile(path: "Chart.yaml", text: metadata), ChartFile(path: "templates/main", text: main),
      ChartFile(path: "templates/_text", text: template),
    ])
    return try library.chart(chart, doing: doing)
  }
}
