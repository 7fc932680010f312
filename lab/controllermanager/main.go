// Command controllermanager is Kubernetes' kube-controller-manager as the lab builds it: what empties a deleted
// namespace and deletes what its owner took along. Most tests need neither, so it is a binary of its own, built when
// it is first asked for.
package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	os.Exit(cli.Run(manager.NewControllerManagerCommand()))
}
