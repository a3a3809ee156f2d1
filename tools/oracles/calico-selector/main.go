// Answers questions about selectors of Calico with its own parser, one JSON value a line: a selector as text, and labels.
// Answer: is it a selector, and does it select the labels.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/projectcalico/calico/libcalico-go/lib/selector"
)

type question struct {
	Text   string            `json:"text"`
	Labels map[string]string `json:"labels"`
}

type answer struct {
	Valid   bool `json:"valid"`
	Matches bool `json:"matches"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		parsed, err := selector.Parse(asked.Text)
		given := answer{Valid: err == nil}
		if err == nil {
			given.Matches = parsed.Evaluate(asked.Labels)
		}
		line, _ := json.Marshal(given)
		fmt.Fprintln(out, string(line))
	}
}
