// Go's net/http: the same cases as python_clients.py.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var client = &http.Client{Timeout: 5 * time.Second}

func main() {
	kind, url, rest := os.Args[1], os.Args[2], os.Args[3:]
	if kind == "lines" {
		fmt.Println(lines(url, rest[0]))
		return
	}
	times, _ := strconv.Atoi(rest[0])
	host := ""
	if len(rest) > 2 {
		host = rest[2]
	}
	for n := 0; n < times; n++ {
		fmt.Print(upload(url, rest[1], host), " ")
	}
	fmt.Println()
}

func upload(url, mode, host string) string {
	var body io.Reader = bytes.NewReader(make([]byte, 8<<20))
	if mode != "length" {
		// Of another type, so that its length is unknown.
		body = io.MultiReader(body)
	}
	request, err := http.NewRequest("POST", url, body)
	if err != nil {
		return err.Error()
	}
	request.Host = host
	response, err := client.Do(request)
	if err != nil {
		var code syscall.Errno
		if errors.As(err, &code) {
			return fmt.Sprintf("errno-%d", int(code))
		}
		return "error"
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return strconv.Itoa(response.StatusCode)
}

func lines(url, body string) int {
	response, err := client.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return -1
	}
	defer response.Body.Close()
	count := 0
	for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
		count++
	}
	return count
}
