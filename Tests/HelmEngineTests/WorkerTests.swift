import Document
import Foundation
import TestSupport
import Testing

@testable import HelmEngine

@Suite struct WorkerTests {
  @Test("many templates at once, over workers that are replaced meanwhile, each get their own text")
  func concurrency() async throws {
    var limits = HelmWorkerLimits()
    limits.requestsPerRenderer = 25
    try await withWorkers(limits: limits) { workers in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<200 {
          group.addTask {
            // More templates than a worker keeps.
            let template = "\(index % 100): ${ .ClusterName }"
            let text = try await workers.renderValues(template, context: ["ClusterName": .string("c\(index)")])
            return text == "\(index % 100): c\(index)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test("a program or a library that is not there is named")
  func missing() async throws {
    let nowhere = HelmWorkers(command: HelmWorkerCommand(executable: "/nowhere/worker"))
    let program = await failure { try await nowhere.renderValues("${ 1 }", context: [:]) }
    #expect(program?.code == .workerFailed)
    #expect(program?.message.contains("/nowhere/worker") == true, "\(program?.message ?? "")")
    let chart = await failure { try await nowhere.pull(ChartPull(chart: "http://localhost:1/web.tgz")) }
    #expect(chart?.code == .workerFailed)
    await nowhere.stop()

    let workers = HelmWorkers(command: workerCommand, libraryPath: "/nowhere/libhelm_c.so")
    let library = await failure { try await workers.renderValues("${ 1 }", context: [:]) }
    #expect(library?.code == .libraryMissing)
    #expect(library?.message.contains("scripts/helm-library") == true)
    await workers.stop()
    let stopped = await failure { try await workers.renderValues("${ 1 }", context: [:]) }
    #expect(stopped?.code == .cancelled)
  }

  @Test("a template without actions costs no worker")
  func plain() async throws {
    let nowhere = HelmWorkers(command: HelmWorkerCommand(executable: "/nowhere/worker"))
    let text = try await nowhere.renderValues("a: {{ b }} $ { } }}\n", context: [:])
    #expect(text == "a: {{ b }} $ { } }}\n")
  }

  @Test("a task that is cancelled leaves its turn, and its worker, to others")
  func cancellation() async throws {
    try await withWorkers(renderers: 1) { workers in
      let slow = Task {
        await failure {
          try await workers.renderValues(
            "${ range until 10000 }${ range until 10000 }${ range until 10000 }${ end }${ end }${ end }", context: [:])
        }
      }
      let waiting = Task { await failure { try await workers.renderValues("${ 1 }", context: [:]) } }
      try await eventually("one renders and one waits") { workers.turns.waiting == 1 }
      waiting.cancel()
      slow.cancel()
      #expect(await waiting.value?.code == .cancelled)
      #expect(await slow.value?.code == .cancelled)
      let text = try await workers.renderValues("${ 1 }", context: [:])
      #expect(text == "1")
    }
  }

  @Test("turns go around in order, and no more wait than may")
  func turns() async throws {
    let turns = Turns(count: 1, waiting: 1)
    let first = try await turns.take(doing: "one")
    let second = Task { try await turns.take(doing: "two") }
    try await eventually("the second waits") { turns.waiting == 1 }
    let refused = await failure { try await turns.take(doing: "three") }
    #expect(refused?.code == .overloaded)
    #expect(refused?.message.contains("three: 1 requests wait already") == true)
    turns.giveBack(first)
    #expect(try await second.value == first)
    turns.giveBack(first)
    #expect(try await turns.take(doing: "four") == first)
  }

  @Test("messages keep what they are given, and what is cut off is refused")
  func messages() throws {
    let message = WorkerMessage(header: ["a": ["b": 1]], attachment: [0, 255, 10])
    let read = try WorkerMessage(bytes: message.bytes)
    #expect(read.header == message.header)
    #expect(read.attachment == message.attachment)
    let failed = try WorkerMessage(
      bytes: WorkerMessage(failure: HelmError(code: .digestMismatch, message: "no")).bytes)
    #expect(failed.failure?.code == .digestMismatch)
    #expect(failed.failure?.message == "no")
    for count in 0..<(message.bytes.count - message.attachment.count) {
      let error = #expect(throws: HelmError.self) { try WorkerMessage(bytes: Array(message.bytes.prefix(count))) }
      #expect(error?.code == .workerFailed)
    }
  }

  @Test("a worker ends at the end of its input, and at a frame that is too long, without a word")
  func frames() async throws {
    let long = String(decoding: WorkerMessage.length(Limits.workerMessageBytes + 1).map { $0 & 0x7f }, as: UTF8.self)
    for input in ["", "\u{0}", long + "x"] {
      let outcome = try await Command([workerCommand.executable], input: input).run(within: .seconds(20))
      #expect(outcome.status == 0)
      #expect(outcome.output.isEmpty && outcome.errors.isEmpty)
    }
  }
}
