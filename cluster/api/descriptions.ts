/** What `kubectl explain` says about the fields that matter most here. */
export const DESCRIPTIONS: { readonly [key: string]: string } = {
  'meta.v1.apiVersion': 'The group and version in which this object is written.',
  'meta.v1.kind': 'The kind of this object.',
  'meta.v1.ObjectMeta': 'What every object has: its name, labels, annotations, owners, and what the server notes about it.',
  'apps.v1.Deployment': 'A Deployment keeps pods of one template running and replaces them when the template changes.',
  'apps.v1.Deployment.spec': 'What is wanted.',
  'apps.v1.Deployment.status': 'What is observed.',
  'apps.v1.DeploymentSpec.replicas': 'How many pods are wanted; 1 when it is not said.',
  'apps.v1.DeploymentSpec.selector':
    'Which pods belong to the Deployment; must match the labels of the template and cannot be changed.',
  'apps.v1.DeploymentSpec.template': 'What the pods are made from.',
  'apps.v1.DeploymentSpec.strategy': 'How old pods are replaced by new ones.',
  'apps.v1.DeploymentSpec.minReadySeconds': 'How long a pod must have been ready to count as available.',
  'apps.v1.DeploymentSpec.paused': 'A paused Deployment does not roll out changes of its template.',
  'apps.v1.DeploymentSpec.progressDeadlineSeconds':
    'After so long without progress the Deployment is reported as failed; 600 when it is not said.',
  'apps.v1.DeploymentSpec.revisionHistoryLimit': 'How many old ReplicaSets are kept; 10 when it is not said.',
  'apps.v1.ReplicaSet': 'A ReplicaSet keeps a number of pods of one template running.',
  'core.v1.Pod': 'A Pod is a group of containers that run together on one node.',
  'core.v1.Service': 'A Service is one address for the pods that its selector matches.',
  'core.v1.ServiceSpec.selector': 'Labels of the pods that get the traffic.',
  'core.v1.ServiceSpec.ports': 'The ports that the Service listens on.',
  'core.v1.ConfigMap': 'A ConfigMap holds configuration for pods.',
  'core.v1.Secret': 'A Secret holds sensitive data for pods, in base64.',
  'core.v1.Namespace': 'A Namespace is a scope for names.',
}
