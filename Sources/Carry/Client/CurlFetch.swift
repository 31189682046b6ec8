// The HTTP client: one thread runs libcurl's multi interface for everybody, so connections are shared
// and kept, and no caller blocks. A caller hands over a request and suspends; the thread resumes it.

public import Basics
internal import CCurl

extension Fetch {
    /// A client with its own thread and connection cache; lives as long as the process.
    public static func curl() -> Fetch {
        let loop = CurlLoop()
        return Fetch(send: { (request) throws(FetchError) in try await loop.send(request) })
    }
}

/// The thread and its queue.
final class CurlLoop: Sendable {
    private struct Multi: @unchecked Sendable {  // Others only call curl_multi_wakeup on it.
        let pointer: UnsafeMutableRawPointer
    }

    /// Handles kept for the next requests: making one costs more than a small answer.
    private static let spareMax = 8

    private let arrived = Lock<[Transfer]>([])
    private let multi: Multi

    init() {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard let pointer = curl_multi_init() else { preconditionFailure("libcurl cannot start") }
        multi = Multi(pointer: pointer)
        startThread("http-client") { self.run() }
    }

    func send(_ request: FetchRequest) async throws(FetchError) -> FetchResponse {
        let transfer = Transfer(request)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                transfer.continuation = continuation
                arrived.withLock { $0.append(transfer) }
                curl_multi_wakeup(multi.pointer)
            }
        } onCancel: {
            transfer.cancel()
            curl_multi_wakeup(multi.pointer)
        }
        return try result.get()
    }

    private func run() -> Never {
        var running: [UnsafeMutableRawPointer: Transfer] = [:]
        var spare: [UnsafeMutableRawPointer] = []
        while true {
            let new = arrived.withLock { arrived in
                defer { arrived = [] }
                return arrived
            }
            for transfer in new { start(transfer, &running, &spare) }
            // The transfer itself knows that it was cancelled, also when that came before it did.
            for (easy, transfer) in running where transfer.isCancelled {
                finish(easy, .failure(.other("cancelled")), &running, &spare)
            }
            var count: Int32 = 0
            curl_multi_perform(multi.pointer, &count)
            reap(&running, &spare)
            curl_multi_poll(multi.pointer, nil, 0, 1000, nil)
        }
    }

    private func start(
        _ transfer: Transfer, _ running: inout [UnsafeMutableRawPointer: Transfer],
        _ spare: inout [UnsafeMutableRawPointer]
    ) {
        guard let easy = spare.popLast() ?? curl_easy_init() else {
            transfer.continuation?.resume(returning: .failure(.other("libcurl is out of memory")))
            return
        }
        transfer.configure(easy)
        running[easy] = transfer
        curl_multi_add_handle(multi.pointer, easy)
    }

    private func reap(
        _ running: inout [UnsafeMutableRawPointer: Transfer],
        _ spare: inout [UnsafeMutableRawPointer]
    ) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi.pointer, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = running[easy]
            else { continue }
            finish(easy, transfer.result(easy, message.pointee.data.result), &running, &spare)
        }
    }

    private func finish(
        _ easy: UnsafeMutableRawPointer, _ result: Result<FetchResponse, FetchError>,
        _ running: inout [UnsafeMutableRawPointer: Transfer],
        _ spare: inout [UnsafeMutableRawPointer]
    ) {
        guard let transfer = running.removeValue(forKey: easy) else { return }
        curl_multi_remove_handle(multi.pointer, easy)
        if spare.count < CurlLoop.spareMax && transfer.leavesNoTrace(easy) {
            curl_easy_reset(easy)
            spare.append(easy)
        } else {
            curl_easy_cleanup(easy)
        }
        transfer.release()
        transfer.continuation?.resume(returning: result)
    }
}
