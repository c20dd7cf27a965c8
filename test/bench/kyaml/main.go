// Sets marked images as Flux does, with Flux's editing library: read every file of a folder, set the values whose
// comment names the policy, write the files.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: kyaml FOLDER NAMESPACE:POLICY IMAGE")
		os.Exit(2)
	}
	folder, policy, image := os.Args[1], os.Args[2], os.Args[3]
	values := 0
	set := func(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
		for _, node := range nodes {
			values += setMarked(node.YNode(), policy, image)
		}
		return nodes, nil
	}
	started := time.Now()
	err := kio.Pipeline{
		Inputs:  []kio.Reader{kio.LocalPackageReader{PackagePath: folder, PreserveSeqIndent: true}},
		Filters: []kio.Filter{kio.FilterFunc(set)},
		Outputs: []kio.Writer{kio.LocalPackageWriter{PackagePath: folder}},
	}.Execute()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answer := map[string]float64{"ms": float64(time.Since(started).Microseconds()) / 1000, "values": float64(values)}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// setMarked sets the scalars that carry the policy's marker, and says how many there were.
func setMarked(node *yaml.Node, policy, image string) int {
	if node.Kind == yaml.ScalarNode && isMarked(node, policy) {
		node.Value = image
		return 1
	}
	values := 0
	for _, child := range node.Content {
		values += setMarked(child, policy, image)
	}
	return values
}

func isMarked(node *yaml.Node, policy string) bool {
	fields := map[string]string{}
	comment := strings.TrimLeft(node.LineComment, "#")
	return json.Unmarshal([]byte(comment), &fields) == nil && fields["$imagepolicy"] == policy
}
