// Command tlog answers questions about transparency logs with Go's own implementation (golang.org/x/mod/sumdb), so that
// ours can be held against it. It reads JSON requests from standard input, one a
// line, and writes one JSON answer a line.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type request struct {
	// trees: heads, proofs and tiles of trees over the leaves "entry 0", "entry 1", …
	Sizes []int64    `json:"sizes"`
	Pairs [][2]int64 `json:"pairs"`
	// open: notes to open with a verifier key.
	Verifier string   `json:"verifier"`
	Notes    []string `json:"notes"`
	// sign: texts to sign with a new key of this name.
	Name  string   `json:"name"`
	Texts []string `json:"texts"`
	// folder: a log to verify.
	Folder string `json:"folder"`
}

type tree struct {
	Head  string            `json:"head"`
	Tiles map[string]string `json:"tiles"`
}

type proofs struct {
	Record []string `json:"record"`
	Tree   []string `json:"tree"`
}

type answer struct {
	Trees    []tree   `json:"trees,omitempty"`
	Proofs   []proofs `json:"proofs,omitempty"`
	Opened   []string `json:"opened,omitempty"`
	Verifier string   `json:"verifier,omitempty"`
	Signed   []string `json:"signed,omitempty"`
	Entries  []string `json:"entries,omitempty"`
	Size     int64    `json:"size"`
	Error    string   `json:"error,omitempty"`
}

func main() {
	questions := json.NewDecoder(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		var asked request
		if err := questions.Decode(&asked); err == io.EOF {
			return
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var result answer
		for _, step := range []func(*request, *answer) error{trees, open, sign, folder} {
			if err := step(&asked, &result); err != nil {
				result.Error = err.Error()
				break
			}
		}
		if err := answers.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = h[index]
	}
	return out, nil
}

// path gives the C2SP path of a tile: Go's own names the height, and has it in front of the level.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

func trees(asked *request, result *answer) error {
	var most int64
	for _, size := range asked.Sizes {
		most = max(most, size)
	}
	for _, pair := range asked.Pairs {
		most = max(most, pair[1])
	}
	var stored hashes
	for i := range most {
		more, err := tlog.StoredHashes(i, []byte("entry "+strconv.FormatInt(i, 10)), stored)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	for _, size := range asked.Sizes {
		head, err := tlog.TreeHash(size, stored)
		if err != nil {
			return err
		}
		tiles := map[string]string{}
		for _, tile := range tlog.NewTiles(height, 0, size) {
			data, err := tlog.ReadTileData(tile, stored)
			if err != nil {
				return err
			}
			tiles[path(tile)] = base64.StdEncoding.EncodeToString(data)
		}
		result.Trees = append(result.Trees, tree{Head: head.String(), Tiles: tiles})
	}
	for _, pair := range asked.Pairs {
		old, size := pair[0], pair[1]
		record, err := tlog.ProveRecord(size, old-1, stored)
		if err != nil {
			return err
		}
		prefix, err := tlog.ProveTree(size, old, stored)
		if err != nil {
			return err
		}
		result.Proofs = append(result.Proofs, proofs{Record: texts(record), Tree: texts(prefix)})
	}
	return nil
}

func texts(proof []tlog.Hash) []string {
	out := make([]string, len(proof))
	for i, hash := range proof {
		out[i] = hash.String()
	}
	return out
}

// open gives the text of each note, or "error: …".
func open(asked *request, result *answer) error {
	if len(asked.Notes) == 0 {
		return nil
	}
	verifier, err := note.NewVerifier(asked.Verifier)
	if err != nil {
		return err
	}
	for _, text := range asked.Notes {
		opened, err := note.Open([]byte(text), note.VerifierList(verifier))
		if err != nil {
			result.Opened = append(result.Opened, "error: "+err.Error())
			continue
		}
		result.Opened = append(result.Opened, opened.Text)
	}
	return nil
}

func sign(asked *request, result *answer) error {
	if asked.Name == "" {
		return nil
	}
	secret, verifier, err := note.GenerateKey(rand.Reader, asked.Name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	result.Verifier = verifier
	for _, text := range asked.Texts {
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			return err
		}
		result.Signed = append(result.Signed, string(signed))
	}
	return nil
}

type tileFolder string

func (folder tileFolder) Height() int                         { return height }
func (folder tileFolder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (folder tileFolder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(folder), path(tile)))
		if err != nil {
			return nil, err
		}
		out[i] = data
	}
	return out, nil
}

// folder verifies a whole log on its own: the note, every tile against the root, every entry against its leaf hash.
func folder(asked *request, result *answer) error {
	if asked.Folder == "" {
		return nil
	}
	verifier, err := note.NewVerifier(asked.Verifier)
	if err != nil {
		return err
	}
	signed, err := os.ReadFile(filepath.Join(asked.Folder, "checkpoint"))
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return fmt.Errorf("the note is no checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tileFolder(asked.Folder))
	head, err := tlog.TreeHash(size, reader)
	if err != nil {
		return err
	}
	if head != root {
		return fmt.Errorf("the tiles give %v", head)
	}
	result.Size = size
	for first := int64(0); first < size; first += 1 << height {
		width := min(size-first, 1<<height)
		tile := tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}
		name := strings.Replace(path(tile), "tile/data/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(asked.Folder, name))
		if err != nil {
			return err
		}
		for index := first; index < first+width; index++ {
			if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
				return fmt.Errorf("%s is torn", name)
			}
			end := 2 + int(data[0])<<8 + int(data[1])
			entry := data[2:end]
			data = data[end:]
			leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			if err != nil {
				return err
			}
			if leaf[0] != tlog.RecordHash(entry) {
				return fmt.Errorf("entry %d has leaf %s", index, hex.EncodeToString(leaf[0][:]))
			}
			result.Entries = append(result.Entries, string(bytes.Clone(entry)))
		}
		if len(data) > 0 {
			return fmt.Errorf("%s has stray bytes", name)
		}
	}
	return nil
}
