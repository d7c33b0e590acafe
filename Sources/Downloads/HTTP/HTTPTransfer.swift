// One attempt to get one address.

import CCurl
import Glibc

/// What a server answered, without its body.
struct HTTPResponse: Sendable {
  var status = 0
  /// By name in lower case; of several with one name, the last.
  var headers: [String: String] = [:]
}

/// Takes the body of an answer.
protocol HTTPReceiver: AnyObject {
  /// An answer's body begins, after any redirects.
  func begin(_ response: HTTPResponse)
  /// - Returns: whether to go on.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool
}

final class HTTPTransfer {
  let url: String
  let receiver: any HTTPReceiver
  private(set) var response = HTTPResponse()
  /// Bytes of the body so far.
  private(set) var byteCount: Int64 = 0
  let handle: UnsafeMutableRawPointer
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var hasBegun = false

  /// - Parameter headers: lines such as `Range: bytes=5-`.
  init(url: String, headers: [String], receiver: any HTTPReceiver, _ settings: HTTPSettings) {
    guard Self.isLibraryReady, let handle = curl_easy_init() else {
      preconditionFailure("libcurl cannot be started")
    }
    self.url = url
    self.receiver = receiver
    self.handle = handle
    for header in headers { headerList = curl_slist_append(headerList, header) }
    set(CURLOPT_URL, url)
    set(CURLOPT_USERAGENT, settings.userAgent)
    set(CURLOPT_PROTOCOLS_STR, settings.allowsPlainHTTP ? "http,https" : "https")
    set(CURLOPT_REDIR_PROTOCOLS_STR, settings.allowsPlainHTTP ? "http,https" : "https")
    set(CURLOPT_FOLLOWLOCATION, 1)
    set(CURLOPT_MAXREDIRS, 5)
    // No signals: they are the program's.
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_CONNECTTIMEOUT, Int(settings.timeoutSeconds))
    set(CURLOPT_LOW_SPEED_LIMIT, 1)
    set(CURLOPT_LOW_SPEED_TIME, Int(settings.timeoutSeconds))
    let context = Unmanaged.passUnretained(self).toOpaque()
    expect(moaa_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headerList))
    expect(moaa_curl_set_pointer(handle, CURLOPT_PRIVATE, context))
    expect(
      moaa_curl_on_body(
        handle,
        { bytes, size, count, context in
          guard let context else { return 0 }
          let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
          let all = UnsafeRawBufferPointer(start: bytes, count: size * count)
          return transfer.take(all) ? all.count : 0
        }, context))
    expect(
      moaa_curl_on_header(
        handle,
        { bytes, size, count, context in
          guard let context else { return 0 }
          let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
          transfer.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
          return size * count
        }, context))
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(headerList)
  }

  /// Says how the attempt ended.
  /// - Parameter code: libcurl's.
  /// - Throws: what went wrong on the way, or what a status means that is no success. What the receiver
  ///   did not want, it knows itself.
  func finish(_ code: CURLcode) throws(DownloadFailure) -> HTTPResponse {
    if code != CURLE_OK, code != CURLE_WRITE_ERROR { throw failure(code) }
    response.status = Int(moaa_curl_get_long(handle, CURLINFO_RESPONSE_CODE))
    begin()
    switch response.status {
    case 200, 206, 304, 416: return response
    case 404, 410:
      throw DownloadFailure(.notThere, "the server has no \(url) (\(response.status))")
    case 408, 425, 429, 500...599:
      let seconds = Int64(moaa_curl_get_offset(handle, CURLINFO_RETRY_AFTER))
      throw DownloadFailure(
        .sick, "the server failed with status \(response.status): \(url)",
        retryAfterSeconds: seconds > 0 ? seconds : nil)
    default:
      throw DownloadFailure(
        .refused, "the server refused with status \(response.status): \(url)")
    }
  }

  private func failure(_ code: CURLcode) -> DownloadFailure {
    let words = String(cString: curl_easy_strerror(code))
    let text = "\(words): \(url)"
    switch code {
    case CURLE_UNSUPPORTED_PROTOCOL:
      return DownloadFailure(
        .refused, "\(text) (only https is used, unless the base URL is http)")
    case CURLE_URL_MALFORMAT, CURLE_TOO_MANY_REDIRECTS, CURLE_PEER_FAILED_VERIFICATION:
      return DownloadFailure(.refused, text)
    case CURLE_OUT_OF_MEMORY: return DownloadFailure(.local, text)
    default: return DownloadFailure(.sick, text)
    }
  }

  // MARK: What comes

  private func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    receiver.begin(response)
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    response.status = Int(moaa_curl_get_long(handle, CURLINFO_RESPONSE_CODE))
    begin()
    byteCount += Int64(bytes.count)
    return receiver.receive(bytes)
  }

  private func takeHeader(_ bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self)
    // Another answer, after a redirect.
    if line.hasPrefix("HTTP/") { response.headers = [:] }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].filter { !$0.isNewline && $0 != "\t" }
    response.headers[line[..<colon].lowercased()] =
      String(value.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  // MARK: Options

  private func set(_ option: CURLoption, _ value: Int) {
    expect(moaa_curl_set_long(handle, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) {
    expect(moaa_curl_set_text(handle, option, value))
  }

  private func expect(_ code: CURLcode) {
    precondition(
      code == CURLE_OK, "libcurl refuses an option: \(String(cString: curl_easy_strerror(code)))")
  }

  /// Made ready once in a process, before any thread of ours.
  private static let isLibraryReady = curl_global_init(3) == CURLE_OK
}
