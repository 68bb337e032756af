import Document

/// One column of the table that `kubectl get` prints, as a CRD's `additionalPrinterColumns` describe it.
public struct PrinterColumn: Sendable {
  /// The heading, such as `Bundles-Ready`; kubectl prints it in capitals.
  public var name: String
  /// OpenAPI type of the cell: `string`, `integer`, `number`, `boolean` or `date` (printed as an age).
  public var type: String
  /// OpenAPI format of the cell; usually empty.
  public var format: String
  /// What the column means, for clients that show it.
  public var description: String
  /// Where the cell is: `.status.conditions[?(@.type=="Ready")].message`. Unused where `cell` is set.
  public var jsonPath: String
  /// 0 is always shown, anything higher only with `-o wide`.
  public var priority: Int
  /// Computes the cell where a path cannot; nil for all but built-in kinds.
  public var cell: (@Sendable (Value) -> Value)?

  /// A column read from a path.
  public init(
    name: String, type: String = "string", format: String = "", description: String = "", jsonPath: String,
    priority: Int = 0
  ) {
    self.name = name
    self.type = type
    self.format = format
    self.description = description
    self.jsonPath = jsonPath
    self.priority = priority
  }

  /// A column that is computed from the object.
  public init(
    name: String, type: String = "string", format: String = "", description: String = "", priority: Int = 0,
    cell: @escaping @Sendable (Value) -> Value
  ) {
    self.init(name: name, type: type, format: format, description: description, jsonPath: "", priority: priority)
    self.cell = cell
  }

  /// The AGE column.
  public static let age = PrinterColumn(
    name: "Age", type: "date",
    description: "CreationTimestamp is a timestamp representing the server time when this object was created.",
    jsonPath: ".metadata.creationTimestamp")
}
