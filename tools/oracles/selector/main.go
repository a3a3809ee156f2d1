// Answers questions about label selectors with the code of Kubernetes, one JSON value a line: a selector as text or as
// LabelSelector, and labels. Answer: is it a selector, and does it select the labels.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

type question struct {
	Text     *string               `json:"text"`
	Selector *metav1.LabelSelector `json:"selector"`
	Labels   map[string]string     `json:"labels"`
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
		var selector labels.Selector
		var err error
		if asked.Text != nil {
			selector, err = labels.Parse(*asked.Text)
		} else {
			selector, err = metav1.LabelSelectorAsSelector(asked.Selector)
		}
		given := answer{Valid: err == nil}
		if err == nil {
			given.Matches = selector.Matches(labels.Set(asked.Labels))
		}
		line, _ := json.Marshal(given)
		fmt.Fprintln(out, string(line))
	}
}
