// Oracle of the YAML reader: says what the libraries of the API server and of kubectl make of a text.
//
// Standard input holds one request a line, as JSON: {"mode": "document" or "stream", "text": base64}. Standard output
// holds one answer a line. A document is what sigs.k8s.io/yaml makes of it, non-strict and strict; a stream is what
// YAMLOrJSONDecoder of apimachinery decodes from it, as kubectl does, until it ends or fails.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type request struct {
	Mode string `json:"mode"`
	Text []byte `json:"text"`
}

type answer struct {
	JSON        json.RawMessage   `json:"json,omitempty"`
	Error       string            `json:"error,omitempty"`
	StrictError string            `json:"strictError,omitempty"`
	Documents   []json.RawMessage `json:"documents,omitempty"`
}

func document(text []byte) answer {
	var result answer
	if value, err := yaml.YAMLToJSON(text); err != nil {
		result.Error = err.Error()
	} else {
		result.JSON = value
	}
	if _, err := yaml.YAMLToJSONStrict(text); err != nil {
		result.StrictError = err.Error()
	}
	return result
}

func stream(text []byte) answer {
	result := answer{Documents: []json.RawMessage{}}
	decoder := kyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var object runtime.RawExtension
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return result
		}
		if err != nil {
			result.Error = err.Error()
			return result
		}
		raw := bytes.TrimSpace(object.Raw)
		if len(raw) > 0 {
			result.Documents = append(result.Documents, json.RawMessage(raw))
		}
	}
}

func main() {
	reader := bufio.NewReaderSize(os.Stdin, 1<<20)
	writer := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer writer.Flush()
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	for {
		line, err := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var r request
			if err := json.Unmarshal(line, &r); err != nil {
				panic(err)
			}
			if r.Mode == "stream" {
				err = encoder.Encode(stream(r.Text))
			} else {
				err = encoder.Encode(document(r.Text))
			}
			if err != nil {
				panic(err)
			}
		}
		if err != nil {
			return
		}
	}
}
