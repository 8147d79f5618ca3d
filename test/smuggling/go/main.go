// A pod whose requests are read by Go's net/http: prints its port, and one line of JSON for each request it saw.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
)

type seen struct {
	Method string `json:"method"`
	Target string `json:"target"`
	Marked bool   `json:"marked"`
	Body   string `json:"body"`
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	var lock sync.Mutex
	out := json.NewEncoder(os.Stdout)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			// What was not read to its end was not a request yet.
			return
		}
		lock.Lock()
		_ = out.Encode(seen{r.Method, r.RequestURI, r.Header.Get("X-Forwarded-For") != "", string(body)})
		lock.Unlock()
		_, _ = io.WriteString(w, "ok")
	})
	fmt.Fprintln(os.Stderr, http.Serve(listener, handler))
}
