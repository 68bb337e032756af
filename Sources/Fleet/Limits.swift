/// Every limit of this module, in one place. Reaching one is a ``FleetError`` with code `limitExceeded` that names it.
public enum Limits {
  /// Entries of one source tree.
  public static let treeEntries = 1_000_000
  /// Bytes of one path in a source tree.
  public static let pathBytes = 4096
  /// Directories above a file in a source tree.
  public static let pathDepth = 100
  /// Files of one bundle.
  public static let bundleFiles = 10_000
  /// Directories of one bundle, counting those behind links each time they are reached.
  public static let bundleDirectories = 10_000
  /// Bytes of one file of a bundle.
  public static let fileBytes = 16 << 20
  /// Bytes of all files of one bundle, before compression.
  public static let bundleBytes = 64 << 20
  /// Bytes of a fleet.yaml, a values file or a `.fleetignore`.
  public static let configurationBytes = 1 << 20
  /// Links followed to resolve one path, and linked directories inside one another.
  public static let symlinkHops = 40
  /// Bundles of one repository.
  public static let bundlesPerRepository = 10_000
  /// Entries in `targets` of one bundle, customisations included.
  public static let targets = 10_000
  /// Warnings about one fleet.yaml.
  public static let warningsPerFile = 50
  /// A bundle whose JSON is this long or longer is stored with compressed resources (fleet-behaviour §2.3, 12).
  public static let uncompressedBundleBytes = 1_000_000
  /// Nesting of Helm values in which label references are looked for (fleet-behaviour §3.5).
  public static let valuesDepth = 50
  /// Entries of `nonReadyStatus`, `modifiedStatus` and `nonReadyResources` (fleet-behaviour §1.1, §5.7).
  public static let statusEntries = 10
  /// Strings of each kind that a Ready message repeats from one entry (fleet-behaviour §5.13).
  public static let messageDetails = 4
  /// Bytes of a message in a condition.
  public static let messageBytes = 32 << 10
  /// Bytes of cluster ids in `status.resources` of one GitRepo (fleet-behaviour §5.13).
  public static let clusterIdentifierBytes = 1 << 20
  /// Bytes of a manifest after decompression.
  public static let manifestBytes = 256 << 20
  /// Bytes of a join token or of registration values.
  public static let registrationBytes = 64 << 10
}
