// Several transfers at once, on one thread, over a few connections that are used again.

import CCurl
import Glibc

final class HTTPClient {
  private let multi: UnsafeMutableRawPointer
  private var active: [ObjectIdentifier: HTTPTransfer] = [:]

  init() {
    guard let multi = curl_multi_init() else { preconditionFailure("libcurl cannot be started") }
    self.multi = multi
    _ = moaa_curl_multi_set_long(
      multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, HTTPSettings.connectionCountMax)
  }

  deinit {
    for transfer in active.values { curl_multi_remove_handle(multi, transfer.handle) }
    curl_multi_cleanup(multi)
  }

  var activeCount: Int { active.count }

  /// Bytes of the bodies that are being received.
  var byteCount: Int64 { active.values.reduce(0) { $0 + $1.byteCount } }

  func start(_ transfer: HTTPTransfer) {
    active[ObjectIdentifier(transfer)] = transfer
    guard curl_multi_add_handle(multi, transfer.handle) == CURLM_OK else {
      preconditionFailure("libcurl takes no transfer")
    }
  }

  /// Receives what comes within a time.
  /// - Returns: the transfers that have ended, with libcurl's code.
  func poll(milliseconds: Int32) -> [(transfer: HTTPTransfer, code: CURLcode)] {
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    if running == active.count { curl_multi_poll(multi, nil, 0, milliseconds, nil) }
    curl_multi_perform(multi, &running)
    var ended: [(HTTPTransfer, CURLcode)] = []
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let context = moaa_curl_get_private(handle)
      else { continue }
      let code = moaa_curl_result(message)
      let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
      curl_multi_remove_handle(multi, handle)
      active[ObjectIdentifier(transfer)] = nil
      ended.append((transfer, code))
    }
    return ended
  }
}

/// The versions of the libraries that transfers need, for a doctor.
public enum DownloadLibraries {
  public static var curl: String { String(cString: curl_version()) }
}
