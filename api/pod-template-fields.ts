/**
 * The fields of a pod template in the order in which Go's encoding/json writes them, of Kubernetes 1.34 (k8s.io/api v0.34.4, read by
 * reflection). A field is NAME MARK TYPE. Marks: `!` always written, `n` written, null where it is absent, `?` left out when
 * empty, `p` a pointer, left out when absent, `s` a struct, always written, `z` left out when zero. Types: `X[]` a list, `X{}` a map.
 */
export const POD_TEMPLATE_FIELDS: { readonly [type: string]: string } = {
  PodTemplateSpec: 'metadatasObjectMeta specsPodSpec',
  ObjectMeta:
    'name?string generateName?string namespace?string selfLink?string uid?string resourceVersion?string generation?int creationTimestampzTime deletionTimestamppTime deletionGracePeriodSecondspint labels?string{} annotations?string{} ownerReferences?OwnerReference[] finalizers?string[] managedFields?ManagedFieldsEntry[]',
  OwnerReference: 'apiVersion!string kind!string name!string uid!string controllerpbool blockOwnerDeletionpbool',
  ManagedFieldsEntry:
    'manager?string operation?string apiVersion?string timepTime fieldsType?string fieldsV1pFieldsV1 subresource?string',
  PodSpec:
    'volumes?Volume[] initContainers?Container[] containersnContainer[] ephemeralContainers?EphemeralContainer[] restartPolicy?string terminationGracePeriodSecondspint activeDeadlineSecondspint dnsPolicy?string nodeSelector?string{} serviceAccountName?string serviceAccount?string automountServiceAccountTokenpbool nodeName?string hostNetwork?bool hostPID?bool hostIPC?bool shareProcessNamespacepbool securityContextpPodSecurityContext imagePullSecrets?LocalObjectReference[] hostname?string subdomain?string affinitypAffinity schedulerName?string tolerations?Toleration[] hostAliases?HostAlias[] priorityClassName?string prioritypint dnsConfigpPodDNSConfig readinessGates?PodReadinessGate[] runtimeClassNamepstring enableServiceLinkspbool preemptionPolicypstring overhead?Quantity{} topologySpreadConstraints?TopologySpreadConstraint[] setHostnameAsFQDNpbool ospPodOS hostUserspbool schedulingGates?PodSchedulingGate[] resourceClaims?PodResourceClaim[] resourcespResourceRequirements hostnameOverridepstring',
  Volume:
    'name!string hostPathpHostPathVolumeSource emptyDirpEmptyDirVolumeSource gcePersistentDiskpGCEPersistentDiskVolumeSource awsElasticBlockStorepAWSElasticBlockStoreVolumeSource gitRepopGitRepoVolumeSource secretpSecretVolumeSource nfspNFSVolumeSource iscsipISCSIVolumeSource glusterfspGlusterfsVolumeSource persistentVolumeClaimpPersistentVolumeClaimVolumeSource rbdpRBDVolumeSource flexVolumepFlexVolumeSource cinderpCinderVolumeSource cephfspCephFSVolumeSource flockerpFlockerVolumeSource downwardAPIpDownwardAPIVolumeSource fcpFCVolumeSource azureFilepAzureFileVolumeSource configMappConfigMapVolumeSource vsphereVolumepVsphereVirtualDiskVolumeSource quobytepQuobyteVolumeSource azureDiskpAzureDiskVolumeSource photonPersistentDiskpPhotonPersistentDiskVolumeSource projectedpProjectedVolumeSource portworxVolumepPortworxVolumeSource scaleIOpScaleIOVolumeSource storageospStorageOSVolumeSource csipCSIVolumeSource ephemeralpEphemeralVolumeSource imagepImageVolumeSource',
  HostPathVolumeSource: 'path!string typepstring',
  EmptyDirVolumeSource: 'medium?string sizeLimitpQuantity',
  GCEPersistentDiskVolumeSource: 'pdName!string fsType?string partition?int readOnly?bool',
  AWSElasticBlockStoreVolumeSource: 'volumeID!string fsType?string partition?int readOnly?bool',
  GitRepoVolumeSource: 'repository!string revision?string directory?string',
  SecretVolumeSource: 'secretName?string items?KeyToPath[] defaultModepint optionalpbool',
  KeyToPath: 'key!string path!string modepint',
  NFSVolumeSource: 'server!string path!string readOnly?bool',
  ISCSIVolumeSource:
    'targetPortal!string iqn!string lun!int iscsiInterface?string fsType?string readOnly?bool portals?string[] chapAuthDiscovery?bool chapAuthSession?bool secretRefpLocalObjectReference initiatorNamepstring',
  LocalObjectReference: 'name?string',
  GlusterfsVolumeSource: 'endpoints!string path!string readOnly?bool',
  PersistentVolumeClaimVolumeSource: 'claimName!string readOnly?bool',
  RBDVolumeSource:
    'monitorsnstring[] image!string fsType?string pool?string user?string keyring?string secretRefpLocalObjectReference readOnly?bool',
  FlexVolumeSource: 'driver!string fsType?string secretRefpLocalObjectReference readOnly?bool options?string{}',
  CinderVolumeSource: 'volumeID!string fsType?string readOnly?bool secretRefpLocalObjectReference',
  CephFSVolumeSource: 'monitorsnstring[] path?string user?string secretFile?string secretRefpLocalObjectReference readOnly?bool',
  FlockerVolumeSource: 'datasetName?string datasetUUID?string',
  DownwardAPIVolumeSource: 'items?DownwardAPIVolumeFile[] defaultModepint',
  DownwardAPIVolumeFile: 'path!string fieldRefpObjectFieldSelector resourceFieldRefpResourceFieldSelector modepint',
  ObjectFieldSelector: 'apiVersion?string fieldPath!string',
  ResourceFieldSelector: 'containerName?string resource!string divisorsQuantity',
  FCVolumeSource: 'targetWWNs?string[] lunpint fsType?string readOnly?bool wwids?string[]',
  AzureFileVolumeSource: 'secretName!string shareName!string readOnly?bool',
  ConfigMapVolumeSource: 'name?string items?KeyToPath[] defaultModepint optionalpbool',
  VsphereVirtualDiskVolumeSource: 'volumePath!string fsType?string storagePolicyName?string storagePolicyID?string',
  QuobyteVolumeSource: 'registry!string volume!string readOnly?bool user?string group?string tenant?string',
  AzureDiskVolumeSource: 'diskName!string diskURI!string cachingModepstring fsTypepstring readOnlypbool kindpstring',
  PhotonPersistentDiskVolumeSource: 'pdID!string fsType?string',
  ProjectedVolumeSource: 'sourcesnVolumeProjection[] defaultModepint',
  VolumeProjection:
    'secretpSecretProjection downwardAPIpDownwardAPIProjection configMappConfigMapProjection serviceAccountTokenpServiceAccountTokenProjection clusterTrustBundlepClusterTrustBundleProjection podCertificatepPodCertificateProjection',
  SecretProjection: 'name?string items?KeyToPath[] optionalpbool',
  DownwardAPIProjection: 'items?DownwardAPIVolumeFile[]',
  ConfigMapProjection: 'name?string items?KeyToPath[] optionalpbool',
  ServiceAccountTokenProjection: 'audience?string expirationSecondspint path!string',
  ClusterTrustBundleProjection: 'namepstring signerNamepstring labelSelectorpLabelSelector optionalpbool path!string',
  LabelSelector: 'matchLabels?string{} matchExpressions?LabelSelectorRequirement[]',
  LabelSelectorRequirement: 'key!string operator!string values?string[]',
  PodCertificateProjection:
    'signerName?string keyType?string maxExpirationSecondspint credentialBundlePath?string keyPath?string certificateChainPath?string',
  PortworxVolumeSource: 'volumeID!string fsType?string readOnly?bool',
  ScaleIOVolumeSource:
    'gateway!string system!string secretRefnLocalObjectReference sslEnabled?bool protectionDomain?string storagePool?string storageMode?string volumeName?string fsType?string readOnly?bool',
  StorageOSVolumeSource: 'volumeName?string volumeNamespace?string fsType?string readOnly?bool secretRefpLocalObjectReference',
  CSIVolumeSource:
    'driver!string readOnlypbool fsTypepstring volumeAttributes?string{} nodePublishSecretRefpLocalObjectReference',
  EphemeralVolumeSource: 'volumeClaimTemplatepPersistentVolumeClaimTemplate',
  PersistentVolumeClaimTemplate: 'metadatasObjectMeta spec!PersistentVolumeClaimSpec',
  PersistentVolumeClaimSpec:
    'accessModes?string[] selectorpLabelSelector resourcessVolumeResourceRequirements volumeName?string storageClassNamepstring volumeModepstring dataSourcepTypedLocalObjectReference dataSourceRefpTypedObjectReference volumeAttributesClassNamepstring',
  VolumeResourceRequirements: 'limits?Quantity{} requests?Quantity{}',
  TypedLocalObjectReference: 'apiGroupnstring kind!string name!string',
  TypedObjectReference: 'apiGroupnstring kind!string name!string namespacepstring',
  ImageVolumeSource: 'reference?string pullPolicy?string',
  Container:
    'name!string image?string command?string[] args?string[] workingDir?string ports?ContainerPort[] envFrom?EnvFromSource[] env?EnvVar[] resourcessResourceRequirements resizePolicy?ContainerResizePolicy[] restartPolicypstring restartPolicyRules?ContainerRestartRule[] volumeMounts?VolumeMount[] volumeDevices?VolumeDevice[] livenessProbepProbe readinessProbepProbe startupProbepProbe lifecyclepLifecycle terminationMessagePath?string terminationMessagePolicy?string imagePullPolicy?string securityContextpSecurityContext stdin?bool stdinOnce?bool tty?bool',
  ContainerPort: 'name?string hostPort?int containerPort!int protocol?string hostIP?string',
  EnvFromSource: 'prefix?string configMapRefpConfigMapEnvSource secretRefpSecretEnvSource',
  ConfigMapEnvSource: 'name?string optionalpbool',
  SecretEnvSource: 'name?string optionalpbool',
  EnvVar: 'name!string value?string valueFrompEnvVarSource',
  EnvVarSource:
    'fieldRefpObjectFieldSelector resourceFieldRefpResourceFieldSelector configMapKeyRefpConfigMapKeySelector secretKeyRefpSecretKeySelector fileKeyRefpFileKeySelector',
  ConfigMapKeySelector: 'name?string key!string optionalpbool',
  SecretKeySelector: 'name?string key!string optionalpbool',
  FileKeySelector: 'volumeName!string path!string key!string optionalpbool',
  ResourceRequirements: 'limits?Quantity{} requests?Quantity{} claims?ResourceClaim[]',
  ResourceClaim: 'name!string request?string',
  ContainerResizePolicy: 'resourceName!string restartPolicy!string',
  ContainerRestartRule: 'action?string exitCodespContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'operator?string values?int[]',
  VolumeMount:
    'name!string readOnly?bool recursiveReadOnlypstring mountPath!string subPath?string mountPropagationpstring subPathExpr?string',
  VolumeDevice: 'name!string devicePath!string',
  Probe:
    'execpExecAction httpGetpHTTPGetAction tcpSocketpTCPSocketAction grpcpGRPCAction initialDelaySeconds?int timeoutSeconds?int periodSeconds?int successThreshold?int failureThreshold?int terminationGracePeriodSecondspint',
  ExecAction: 'command?string[]',
  HTTPGetAction: 'path?string port!IntOrString host?string scheme?string httpHeaders?HTTPHeader[]',
  HTTPHeader: 'name!string value!string',
  TCPSocketAction: 'port!IntOrString host?string',
  GRPCAction: 'port!int servicenstring',
  Lifecycle: 'postStartpLifecycleHandler preStoppLifecycleHandler stopSignalpstring',
  LifecycleHandler: 'execpExecAction httpGetpHTTPGetAction tcpSocketpTCPSocketAction sleeppSleepAction',
  SleepAction: 'seconds!int',
  SecurityContext:
    'capabilitiespCapabilities privilegedpbool seLinuxOptionspSELinuxOptions windowsOptionspWindowsSecurityContextOptions runAsUserpint runAsGrouppint runAsNonRootpbool readOnlyRootFilesystempbool allowPrivilegeEscalationpbool procMountpstring seccompProfilepSeccompProfile appArmorProfilepAppArmorProfile',
  Capabilities: 'add?string[] drop?string[]',
  SELinuxOptions: 'user?string role?string type?string level?string',
  WindowsSecurityContextOptions: 'gmsaCredentialSpecNamepstring gmsaCredentialSpecpstring runAsUserNamepstring hostProcesspbool',
  SeccompProfile: 'type!string localhostProfilepstring',
  AppArmorProfile: 'type!string localhostProfilepstring',
  EphemeralContainer:
    'name!string image?string command?string[] args?string[] workingDir?string ports?ContainerPort[] envFrom?EnvFromSource[] env?EnvVar[] resourcessResourceRequirements resizePolicy?ContainerResizePolicy[] restartPolicypstring restartPolicyRules?ContainerRestartRule[] volumeMounts?VolumeMount[] volumeDevices?VolumeDevice[] livenessProbepProbe readinessProbepProbe startupProbepProbe lifecyclepLifecycle terminationMessagePath?string terminationMessagePolicy?string imagePullPolicy?string securityContextpSecurityContext stdin?bool stdinOnce?bool tty?bool targetContainerName?string',
  PodSecurityContext:
    'seLinuxOptionspSELinuxOptions windowsOptionspWindowsSecurityContextOptions runAsUserpint runAsGrouppint runAsNonRootpbool supplementalGroups?int[] supplementalGroupsPolicypstring fsGrouppint sysctls?Sysctl[] fsGroupChangePolicypstring seccompProfilepSeccompProfile appArmorProfilepAppArmorProfile seLinuxChangePolicypstring',
  Sysctl: 'name!string value!string',
  Affinity: 'nodeAffinitypNodeAffinity podAffinitypPodAffinity podAntiAffinitypPodAntiAffinity',
  NodeAffinity:
    'requiredDuringSchedulingIgnoredDuringExecutionpNodeSelector preferredDuringSchedulingIgnoredDuringExecution?PreferredSchedulingTerm[]',
  NodeSelector: 'nodeSelectorTermsnNodeSelectorTerm[]',
  NodeSelectorTerm: 'matchExpressions?NodeSelectorRequirement[] matchFields?NodeSelectorRequirement[]',
  NodeSelectorRequirement: 'key!string operator!string values?string[]',
  PreferredSchedulingTerm: 'weight!int preference!NodeSelectorTerm',
  PodAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution?PodAffinityTerm[] preferredDuringSchedulingIgnoredDuringExecution?WeightedPodAffinityTerm[]',
  PodAffinityTerm:
    'labelSelectorpLabelSelector namespaces?string[] topologyKey!string namespaceSelectorpLabelSelector matchLabelKeys?string[] mismatchLabelKeys?string[]',
  WeightedPodAffinityTerm: 'weight!int podAffinityTerm!PodAffinityTerm',
  PodAntiAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution?PodAffinityTerm[] preferredDuringSchedulingIgnoredDuringExecution?WeightedPodAffinityTerm[]',
  Toleration: 'key?string operator?string value?string effect?string tolerationSecondspint',
  HostAlias: 'ip!string hostnames?string[]',
  PodDNSConfig: 'nameservers?string[] searches?string[] options?PodDNSConfigOption[]',
  PodDNSConfigOption: 'name?string valuepstring',
  PodReadinessGate: 'conditionType!string',
  TopologySpreadConstraint:
    'maxSkew!int topologyKey!string whenUnsatisfiable!string labelSelectorpLabelSelector minDomainspint nodeAffinityPolicypstring nodeTaintsPolicypstring matchLabelKeys?string[]',
  PodOS: 'name!string',
  PodSchedulingGate: 'name!string',
  PodResourceClaim: 'name!string resourceClaimNamepstring resourceClaimTemplateNamepstring',
}
