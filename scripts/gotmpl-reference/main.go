// Writes the texts that the tests of src/template/gotmpl expect, made by Go's own text/template:
//
//	cd scripts/gotmpl-reference && go run . ../../src/template/gotmpl/testdata
//
// For every cases/NAME.json, templates to execute over data.json, it writes cases/NAME.expected.json, and for
// every families/NAME.gotmpl, rendered with the conversations of conversations.json, families/NAME.expected.txt.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// The tests render on this day.
var today = time.Date(2025, 3, 1, 12, 0, 0, 0, time.Local)

var functions = template.FuncMap{
	"json":             func(v any) string { return compact(v) },
	"currentDate":      func(...any) string { return today.Format("2006-01-02") },
	"yesterdayDate":    func(...any) string { return today.AddDate(0, 0, -1).Format("2006-01-02") },
	"toTypeScriptType": typeScriptType,
}

func parseTemplate(source string) (*template.Template, error) {
	return template.New("").Option("missingkey=zero").Funcs(functions).Parse(source)
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}

type outcome struct {
	Template string  `json:"template"`
	Output   *string `json:"output,omitempty"`
	Error    string  `json:"error,omitempty"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run . TESTDATA")
	}
	writeCases(os.Args[1])
	writeFamilies(os.Args[1])
}

func writeCases(folder string) {
	var data any
	readJSON(filepath.Join(folder, "data.json"), &data)
	data = withInts(data)
	for _, path := range glob(filepath.Join(folder, "cases", "*.json")) {
		if strings.HasSuffix(path, ".expected.json") {
			continue
		}
		var sources []string
		readJSON(path, &sources)
		outcomes := make([]outcome, len(sources))
		for i, source := range sources {
			outcomes[i] = run(source, data)
		}
		writeJSON(strings.TrimSuffix(path, ".json")+".expected.json", outcomes)
	}
}

func run(source string, data any) outcome {
	tmpl, err := parseTemplate(source)
	if err != nil {
		return outcome{Template: source, Error: err.Error()}
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, data); err != nil {
		return outcome{Template: source, Error: err.Error()}
	}
	text := out.String()
	return outcome{Template: source, Output: &text}
}

// withInts replaces {"$int": "5"} by the int 5, which plain JSON cannot say.
func withInts(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withInts(v[i])
		}
	case map[string]any:
		if text, ok := v["$int"].(string); ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				log.Fatal(err)
			}
			return n
		}
		for key := range v {
			v[key] = withInts(v[key])
		}
	}
	return v
}

func writeFamilies(folder string) {
	var conversations []conversation
	readJSON(filepath.Join(folder, "conversations.json"), &conversations)
	for _, path := range glob(filepath.Join(folder, "families", "*.gotmpl")) {
		source, err := os.ReadFile(path)
		if err != nil {
			log.Fatal(err)
		}
		var out strings.Builder
		for _, c := range conversations {
			if c.Suffix != "" && !strings.Contains(string(source), ".Suffix") {
				continue
			}
			text, err := c.render(string(source))
			if err != nil {
				log.Fatalf("%s: %s: %v", path, c.Name, err)
			}
			out.WriteString("##### " + c.Name + "\n" + text + "\n")
		}
		write(strings.TrimSuffix(path, ".gotmpl")+".expected.txt", []byte(out.String()))
	}
}

func glob(pattern string) []string {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		log.Fatal(err)
	}
	return paths
}

func readJSON(path string, into any) {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		log.Fatalf("%s: %v", path, err)
	}
}

func writeJSON(path string, value any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		log.Fatal(err)
	}
	write(path, out.Bytes())
}

func write(path string, text []byte) {
	if err := os.WriteFile(path, text, 0o644); err != nil {
		log.Fatal(err)
	}
}
