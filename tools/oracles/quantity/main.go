// Answers questions about quantities with the code of Kubernetes, one JSON value a line: the test holds our own
// reading against it. Question: two quantities as JSON. Answer: what each is, how they compare, what they sum to.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/api/resource"
)

type question struct {
	A json.RawMessage `json:"a"`
	B json.RawMessage `json:"b"`
}

type answer struct {
	A       *string `json:"a"`
	B       *string `json:"b"`
	Compare int     `json:"compare"`
	Sum     string  `json:"sum"`
}

func read(raw json.RawMessage) (resource.Quantity, *string) {
	var quantity resource.Quantity
	if err := quantity.UnmarshalJSON(raw); err != nil {
		return quantity, nil
	}
	text := quantity.String()
	return quantity, &text
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
		var given answer
		a, textA := read(asked.A)
		b, textB := read(asked.B)
		given.A, given.B = textA, textB
		if textA != nil && textB != nil {
			given.Compare = a.Cmp(b)
			a.Add(b)
			given.Sum = a.String()
		}
		line, _ := json.Marshal(given)
		fmt.Fprintln(out, string(line))
	}
}
