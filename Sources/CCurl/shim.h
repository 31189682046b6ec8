// libcurl: curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, so Swift cannot
// call them; a typed function stands for each kind of argument.
#pragma once
#include <curl/curl.h>

static inline CURLcode martlet_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode martlet_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode martlet_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode martlet_curl_set_large(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

typedef size_t (*martlet_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode martlet_curl_set_callback(CURL *handle, CURLoption option,
                                                 martlet_curl_data_callback callback) {
  return curl_easy_setopt(handle, option, callback);
}

// curl asks for the bytes of an upload with the same signature.
static inline CURLcode martlet_curl_set_source(CURL *handle, martlet_curl_data_callback callback) {
  return curl_easy_setopt(handle, CURLOPT_READFUNCTION, callback);
}

static inline CURLcode martlet_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode martlet_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode martlet_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLcode martlet_curl_get_large(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode martlet_curl_get_double(CURL *handle, CURLINFO info, double *value) {
  return curl_easy_getinfo(handle, info, value);
}

/// Has the sockets of a handle's connections opened and closed by callbacks.
static inline void martlet_curl_set_sockets(CURL *handle, curl_opensocket_callback open,
                                            curl_closesocket_callback close, void *context) {
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, close);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, context);
}

/// Hands libcurl's wishes about sockets and time to a loop of one's own.
static inline void martlet_curl_multi_watch(CURLM *multi, curl_socket_callback sockets,
                                            curl_multi_timer_callback timer, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, sockets);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
}
