import Document

/// How a release is installed or upgraded.
public struct DeployOptions: Sendable, Hashable {
  /// Makes the release's namespace where it is missing. Installing only.
  public var createNamespace = true
  /// On failure an installation is removed again, and an upgrade rolled back.
  public var atomic = false
  /// Waits until all objects are ready, at most so many seconds; nil does not wait.
  public var timeoutSeconds: Int?
  /// Waits for jobs too; only where `timeoutSeconds` is set.
  public var waitForJobs = false
  /// Replaces objects whole instead of patching them; immutable fields stay immutable. Excludes server-side apply.
  public var force = false
  /// Takes fields from other field managers instead of failing. Server-side apply only.
  public var forceConflicts = true
  /// Adopts objects that exist already and belong to no release, or another one. An upgrade always does.
  public var takeOwnership = false
  /// Server-side apply, or the client's three-way merge; nil takes the former unless `force` or `takeOwnership` is set.
  public var serverSideApply: Bool?
  /// The revisions that Helm keeps, at least 1.
  public var maxHistory = 2
  /// Keeps the template function `getHostByName` from asking any name server.
  public var disableDNS = false
  /// Accepts values that break the chart's schema.
  public var skipSchemaValidation = false
  /// Labels of Helm's own record, for `list(selector:)`.
  public var labels: [String: String] = [:]
  /// A text for the record; empty takes Helm's own.
  public var operationDescription = ""
  /// Asks the API server what it would do, and changes nothing.
  public var dryRun = false

  /// The defaults.
  public init() {}

  private var appliesServerSide: Bool { serverSideApply ?? !(force || takeOwnership) }

  /// What both of the library's operations take.
  private var common: Value {
    var options: Value = [
      "timeout_seconds": .integer(Int64(timeoutSeconds ?? Limits.hookTimeoutSeconds)),
      "wait": .string(timeoutSeconds == nil ? "hookOnly" : "watcher"),
      "wait_for_jobs": .bool(waitForJobs && timeoutSeconds != nil),
      "rollback_on_failure": .bool(atomic),
      "force_replace": .bool(force),
      "force_conflicts": .bool(forceConflicts && appliesServerSide),
      "enable_dns": .bool(!disableDNS),
      "skip_schema_validation": .bool(skipSchemaValidation),
      "disable_openapi_validation": true,
      "labels": .object(labels.mapValues(Value.string)),
      "dry_run": .string(dryRun ? "server" : "none"),
    ]
    if !operationDescription.isEmpty { options["description"] = .string(operationDescription) }
    return options
  }

  func installOptions() -> Value {
    var options = common
    options["create_namespace"] = .bool(createNamespace && !dryRun)
    options["take_ownership"] = .bool(takeOwnership)
    options["server_side_apply"] = .bool(appliesServerSide)
    // A name may be used again where the release was removed with its history kept, or failed.
    options["replace"] = true
    return options
  }

  func upgradeOptions() -> Value {
    var options = common
    options["take_ownership"] = true
    options["server_side_apply"] = .string(appliesServerSide ? "true" : "false")
    options["max_history"] = .integer(Int64(max(1, maxHistory)))
    // Values are what this call is given, never those of the revision before.
    options["reset_values"] = true
    return options
  }
}

/// How a release is removed.
public struct UninstallOptions: Sendable, Hashable {
  /// Keeps Helm's record, with the state `uninstalled`.
  public var keepHistory = false
  /// Waits until all objects are gone, at most so many seconds; nil does not wait.
  public var timeoutSeconds: Int?
  /// A release that is not there is removed already; otherwise that is an error.
  public var ignoreMissing = true

  /// The defaults.
  public init() {}

  func value() -> Value {
    [
      "keep_history": .bool(keepHistory),
      "timeout_seconds": .integer(Int64(timeoutSeconds ?? Limits.hookTimeoutSeconds)),
      "wait": .string(timeoutSeconds == nil ? "hookOnly" : "watcher"),
      "ignore_not_found": .bool(ignoreMissing),
    ]
  }
}

/// How a release goes back to an earlier revision.
public struct RollbackOptions: Sendable, Hashable {
  /// The revision to go back to; nil takes the one before the last.
  public var revision: Int?
  /// Waits until all objects are ready, at most so many seconds; nil does not wait.
  public var timeoutSeconds: Int?
  /// Replaces objects whole instead of patching them; immutable fields stay immutable. Excludes server-side apply.
  public var force = false
  /// The revisions that Helm keeps, at least 1.
  public var maxHistory = 2

  /// The defaults.
  public init() {}

  func value() -> Value {
    [
      "version": .integer(Int64(revision ?? 0)),
      "timeout_seconds": .integer(Int64(timeoutSeconds ?? Limits.hookTimeoutSeconds)),
      "wait": .string(timeoutSeconds == nil ? "hookOnly" : "watcher"),
      "force_replace": .bool(force),
      "force_conflicts": .bool(!force),
      "server_side_apply": .string(force ? "false" : "true"),
      "max_history": .integer(Int64(max(1, maxHistory))),
    ]
  }
}
