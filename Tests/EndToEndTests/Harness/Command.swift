import Foundation
import struct TestSupport.Command

/// A command with the test's environment and no kubeconfig of the user's.
func command(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) -> Command {
  var all = ProcessInfo.processInfo.environment
  all["KUBECONFIG"] = nil
  all["KUBECACHEDIR"] = Places.scratch + "/kubectl"
  return Command(arguments, input: input, environment: all.merging(environment) { $1 })
}
