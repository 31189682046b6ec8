// A mail server that takes everything and keeps it: enough SMTP for one client at a time.

import Basics
import Foundation
import Glibc

final class MailSink: Sendable {
    struct Mail: Sendable {
        var from = ""
        var to: [String] = []
        var text = ""
    }

    let port: Int
    private let socket: Int32
    private let mails = Lock<[Mail]>([])
    /// The answer to RCPT; 250 takes it.
    private let recipientAnswer: String

    var all: [Mail] { mails.withLock { $0 } }

    init(recipientAnswer: String = "250 ok") throws {
        self.recipientAnswer = recipientAnswer
        port = freePort()
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var reuse: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, listen(socket, 8) == 0 else { throw TestFailure("no port for mail") }
        Thread.detachNewThread { self.serve() }
    }

    func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func serve() {
        while true {
            let client = accept(socket, nil, nil)
            if client < 0 { return }
            talk(client)
            close(client)
        }
    }

    private func talk(_ client: Int32) {
        var buffer: [UInt8] = []
        func say(_ text: String) {
            let bytes = Array((text + "\r\n").utf8)
            _ = write(client, bytes, bytes.count)
        }
        func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: 0x0a) {
                    let text = String(decoding: buffer[..<end], as: UTF8.self)
                    buffer.removeSubrange(...end)
                    return text.trimmingCharacters(in: .newlines)
                }
                var part = [UInt8](repeating: 0, count: 65_536)
                let count = read(client, &part, part.count)
                if count <= 0 { return nil }
                buffer += part[..<count]
            }
        }
        var mail = Mail()
        say("220 sink")
        while let command = line() {
            let word = command.prefix(4).uppercased()
            switch word {
            case "EHLO", "HELO", "RSET", "NOOP": say("250 sink")
            case "MAIL":
                mail.from = command
                say("250 ok")
            case "RCPT":
                mail.to.append(command)
                say(recipientAnswer)
            case "DATA":
                say("354 go on")
                var lines: [String] = []
                while let text = line(), text != "." {
                    lines.append(text.hasPrefix(".") ? String(text.dropFirst()) : text)
                }
                mail.text = lines.joined(separator: "\r\n")
                mails.withLock { $0.append(mail) }
                mail = Mail()
                say("250 kept")
            case "QUIT":
                say("221 bye")
                return
            default: say("502 no")
            }
        }
    }
}
