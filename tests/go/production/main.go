// Checks a production's signatures and entries with golang.org/x/mod/sumdb: another's hand, from a distribution's package.
//
// Run as: production FOLDER VKEY. It says how many entries are in the signed tree, or why one is not.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Println("does not hold:", err)
		os.Exit(1)
	}
}

func read(parts ...string) []byte {
	data, err := os.ReadFile(filepath.Join(parts...))
	must(err)
	return data
}

func opened(data []byte, verifiers note.Verifiers) string {
	found, err := note.Open(data, verifiers)
	must(err)
	return found.Text
}

func hashOf(text string) tlog.Hash {
	data, err := base64.StdEncoding.DecodeString(text)
	must(err)
	if len(data) != tlog.HashSize {
		must(fmt.Errorf("a hash is %d bytes long", len(data)))
	}
	var found tlog.Hash
	copy(found[:], data)
	return found
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	must(err)
	verifiers := note.VerifierList(verifier)

	told := strings.Split(opened(read(folder, "production.note"), verifiers), "\n")
	for n, name := range []string{"manifest-sha256.txt", "tagmanifest-sha256.txt"} {
		if fmt.Sprintf("%x", sha256.Sum256(read(folder, name))) != told[2+n] {
			must(fmt.Errorf("%s is not the list that was signed", name))
		}
	}

	checkpoint := read(folder, "data", "ledger", "checkpoint")
	head := strings.Split(opened(checkpoint, verifiers), "\n")
	size, err := strconv.ParseInt(head[1], 10, 64)
	must(err)
	root := hashOf(head[2])

	entries, err := filepath.Glob(filepath.Join(folder, "data", "ledger", "*.entry"))
	must(err)
	for _, path := range entries {
		file := read(strings.TrimSuffix(path, ".entry") + ".tlog-proof")
		before, after, _ := bytes.Cut(file, []byte("\n\n"))
		if !bytes.Equal(after, checkpoint) {
			must(fmt.Errorf("%s leads to another checkpoint", path))
		}
		lines := strings.Split(string(before), "\n")
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		must(err)
		proof := tlog.RecordProof{}
		for _, line := range lines[2:] {
			proof = append(proof, hashOf(line))
		}
		must(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(read(path))))
	}
	fmt.Printf("holds: %d entries in a tree of %d\n", len(entries), size)
}
