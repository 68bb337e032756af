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
  /// Bytes of all `.fleetignore` files of one bundle.
  public static let ignoreBytes = 1 << 20
  /// What matching names against `.fleetignore` patterns may cost one bundle: bytes of patterns times bytes of names.
  public static let ignoreWork = 500_000_000
  /// Directories that are looked at for all `paths` of one repository together, each as often as paths name it.
  public static let scannedDirectories = 5_000_000
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
  /// The greatest count of objects that a status may say.
  public static let countedObjects = 1_000_000_000
  /// Strings of each kind that a Ready message repeats from one entry (fleet-behaviour §5.13).
  public static let messageDetails = 4
  /// Bytes of a message in a condition.
  public static let messageBytes = 32 << 10
  /// Bytes of cluster ids in `status.resources` of one GitRepo (fleet-behaviour §5.13).
  public static let clusterIdentifierBytes = 1 << 20
  /// Bytes of a manifest after decompression.
  public static let manifestBytes = 256 << 20
  /// Bytes of a chart's `.tgz`.
  public static let chartArchiveBytes = 32 << 20
  /// Bytes of a chart's files after decompression.
  public static let chartBytes = 64 << 20
  /// Entries of a chart's archive.
  public static let chartEntries = 10_000
  /// How many times larger than its `.tgz` a chart may be, once it is larger than ``chartRatioFloor``.
  public static let chartRatio = 100
  /// Up to this size, in bytes, ``chartRatio`` is not looked at: small files of zeros are no bombs.
  public static let chartRatioFloor = 1 << 20
  /// Bytes of one extended header in a chart's archive.
  public static let archiveHeaderBytes = 64 << 10
  /// Bytes of all Chart.yaml, requirements.yaml and locks of one bundle.
  public static let chartMetadataBytes = 4 << 20
  /// Charts that one bundle fetches, its own and those they depend on; dependencies of one chart.
  public static let chartRequests = 200
  /// Charts inside one another that are taken from the repository as dependencies (`file://`).
  public static let chartDepth = 10
  /// Bytes of a regular expression.
  public static let regexBytes = 1000
  /// States of a regular expression, once its repetitions are written out.
  public static let regexStates = 10_000
  /// Entries of a Secret's `secrets-path.yaml`.
  public static let credentialPaths = 10_000
  /// Bytes of a join token or of registration values.
  public static let registrationBytes = 64 << 10
  /// Entries of `downstreamResources` of one bundle on one cluster.
  public static let downstreamResources = 100
  /// Bytes of what `downstreamResources` copies for one bundle, as JSON.
  public static let downstreamBytes = 4 << 20
  /// Entries of `diff.comparePatches` of one bundle that have an effect.
  public static let comparePatches = 1000
  /// Bytes of the patch of one `modifiedStatus` entry.
  public static let patchBytes = 16 << 10
  /// Bytes of one value of a field that differs, as JSON; a longer one is shortened.
  public static let fieldValueBytes = 2 << 10
  /// Bytes of the lines by which a text of several lines differs; more are cut.
  public static let fieldLinesBytes = 8 << 10
  /// Fields of one object that are told to differ; the rest is counted.
  public static let differingFields = 200
  /// Lines, of each side, that are compared to find what differs between two texts; more are told as replaced.
  public static let comparedLines = 400
}
